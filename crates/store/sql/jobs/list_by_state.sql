-- jobs.list_by_state: jobs in one state, newest first. Looks at 2000 jobs at most; when too few of them pass, the last row says where it stopped
(select id as "id!", created_at as "created_at!", true as "passes!"
   from (select id, created_at, kind, priority, created_by, labels, state from job
          where project = $1
            and state = $2
            and (created_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
            and created_at >= coalesce($6, '-infinity'::timestamptz) and created_at < coalesce($7, 'infinity'::timestamptz)
          order by created_at desc, id desc limit 2000) seen
   where ($8::text[] is null or kind = any($8))
     and ($9::smallint[] is null or priority = any($9))
     and ($10::text is null or created_by = $10)
     and created_by <> all($11::text[])
     and labels @> $12::jsonb and not labels @> any($13::jsonb[])
   order by created_at desc, id desc limit $5)
 union all
(select id, created_at, false from job
   where project = $1
     and state = $2
     and (created_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     and created_at >= coalesce($6, '-infinity'::timestamptz) and created_at < coalesce($7, 'infinity'::timestamptz)
   order by created_at desc, id desc offset 1999 limit 1)
 limit $5
