-- queues.due_jobs
select id from job where queue = $1 and state = 'QUEUED' and run_at <= now() order by run_at limit $2
