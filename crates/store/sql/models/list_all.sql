-- models.list_all: models, deleted ones too, newest first. Looks at 2000 at most; when too few of them pass, the last row says where it stopped
(select id as "id!", created_at as "created_at!", true as "passes!"
   from (select id, created_at, display_name, labels from model
          where project = $1
            and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3::text, '~'))
            and created_at >= coalesce($5, '-infinity'::timestamptz) and created_at < coalesce($6, 'infinity'::timestamptz)
          order by created_at desc, id desc limit 2000) seen
   where ($7::text is null or display_name = $7) and display_name <> all($8::text[])
     and labels @> $9::jsonb and not labels @> any($10::jsonb[])
   order by created_at desc, id desc limit $4)
 union all
(select id, created_at, false from model
   where project = $1
     and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3::text, '~'))
     and created_at >= coalesce($5, '-infinity'::timestamptz) and created_at < coalesce($6, 'infinity'::timestamptz)
   order by created_at desc, id desc offset 1999 limit 1)
 limit $4
