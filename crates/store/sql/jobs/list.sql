-- jobs.list
select id from job
 where project = $1
   and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
   and created_at >= coalesce($5, '-infinity'::timestamptz) and created_at < coalesce($6, 'infinity'::timestamptz)
   and ($7::text[] is null or kind = any($7))
   and ($8::smallint[] is null or priority = any($8))
   and ($9::text is null or created_by = $9) and created_by <> all($10::text[])
   and labels @> $11::jsonb and not labels @> any($12::jsonb[])
   and ($13::text[] is null or state = any($13))
 order by created_at desc, id desc limit $4
