-- projects.due_jobs
select queue, id from job where project = $1 and state = 'QUEUED' and run_at <= now() limit $2
