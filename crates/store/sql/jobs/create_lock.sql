-- jobs.create_lock: one creation in a project at a time, so that the count of waiting jobs that follows is exact
select pg_advisory_xact_lock(hashtextextended('job.create ' || $1::text, 0))
