-- jobs.update: the priority only while the job waits; to set it to what it is changes nothing, and is always right
update job set priority = coalesce($3::smallint, priority), labels = coalesce($4::jsonb, labels)
 where project = $1 and id = $2 and ($5::bigint is null or revision = $5)
   and ($3::smallint is null or priority = $3 or state = 'QUEUED')
