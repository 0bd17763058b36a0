-- jobs.list_by_label: jobs with one label, newest first. Looks at 500 jobs or a page at most; when too few of them pass, the last row says where it stopped
(select j.id as "id!", j.created_at as "created_at!", true as "passes!"
   from (select job_id, created_at from job_label
          where project = $1
            and key = $2 and value = $3
            and (created_at, job_id) < (coalesce($4, 'infinity'::timestamptz), coalesce($5, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
            and created_at >= coalesce($7, '-infinity'::timestamptz) and created_at < coalesce($8, 'infinity'::timestamptz)
          order by created_at desc, job_id desc limit greatest(500::bigint, $6)) seen
   join job j on j.id = seen.job_id
   where ($9::text[] is null or j.kind = any($9))
     and ($10::smallint[] is null or j.priority = any($10))
     and ($11::text is null or j.created_by = $11)
     and j.created_by <> all($12::text[])
     and j.labels @> $13::jsonb and not j.labels @> any($14::jsonb[])
     and ($15::text[] is null or j.state = any($15))
   order by seen.created_at desc, seen.job_id desc limit $6)
 union all
(select job_id, created_at, false from job_label
   where project = $1
     and key = $2 and value = $3
     and (created_at, job_id) < (coalesce($4, 'infinity'::timestamptz), coalesce($5, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
     and created_at >= coalesce($7, '-infinity'::timestamptz) and created_at < coalesce($8, 'infinity'::timestamptz)
   order by created_at desc, job_id desc offset greatest(500::bigint, $6) - 1 limit 1)
 limit $6
