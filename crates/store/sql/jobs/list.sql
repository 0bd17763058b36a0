-- jobs.list: jobs of a project, newest first. Looks at 2000 jobs at most; when too few of them pass, the last row says where it stopped
(select id as "id!", created_at as "created_at!", true as "passes!"
   from (select id, created_at, kind, priority, created_by, labels, state from job
          where project = $1
            and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
            and created_at >= coalesce($5, '-infinity'::timestamptz) and created_at < coalesce($6, 'infinity'::timestamptz)
          order by created_at desc, id desc limit 2000) seen
   where ($7::text[] is null or kind = any($7))
     and ($8::smallint[] is null or priority = any($8))
     and ($9::text is null or created_by = $9)
     and created_by <> all($10::text[])
     and labels @> $11::jsonb and not labels @> any($12::jsonb[])
     and ($13::text[] is null or state = any($13))
   order by created_at desc, id desc limit $4)
 union all
(select id, created_at, false from job
   where project = $1
     and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     and created_at >= coalesce($5, '-infinity'::timestamptz) and created_at < coalesce($6, 'infinity'::timestamptz)
   order by created_at desc, id desc offset 1999 limit 1)
 limit $4
