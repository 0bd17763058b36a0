-- jobs.list_by_state: jobs in one state
select id from job
 where project = $1
   and state = $2
   and (created_at, id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
   and created_at >= coalesce($6, '-infinity'::timestamptz) and created_at < coalesce($7, 'infinity'::timestamptz)
   and ($8::text[] is null or kind = any($8))
   and ($9::smallint[] is null or priority = any($9))
   and ($10::text is null or created_by = $10) and created_by <> all($11::text[])
   and labels @> $12::jsonb and not labels @> any($13::jsonb[])
 order by created_at desc, id desc limit $5
