-- jobs.open: jobs that have not ended; those that wait come first, so that a cancel reaches them before a worker does
select id, state from job
 where project = $1 and state in ('QUEUED', 'RUNNING')
   and created_at >= coalesce($3, '-infinity'::timestamptz) and created_at < coalesce($4, 'infinity'::timestamptz)
   and ($5::text[] is null or kind = any($5))
   and ($6::smallint[] is null or priority = any($6))
   and ($7::text is null or created_by = $7) and created_by <> all($8::text[])
   and labels @> $9::jsonb and not labels @> any($10::jsonb[])
   and ($11::text is null or model = $11)
   and ($12::text[] is null or state = any($12))
 order by state, created_at desc, id desc limit $2
