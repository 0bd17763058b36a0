-- workers.running_jobs
select worker_id as "worker_id!", project, id, lease_epoch, started_at as "started_at!"
  from job where state = 'RUNNING' and worker_id = any($1::uuid[])
 order by started_at desc, id desc
