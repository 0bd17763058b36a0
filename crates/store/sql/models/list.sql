-- models.list
select id from model
 where project = $1
   and deleted_at is null
   and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3::text, '~'))
   and created_at >= coalesce($5, '-infinity'::timestamptz) and created_at < coalesce($6, 'infinity'::timestamptz)
   and ($7::text is null or display_name = $7) and display_name <> all($8::text[])
   and labels @> $9::jsonb and not labels @> any($10::jsonb[])
 order by created_at desc, id desc limit $4
