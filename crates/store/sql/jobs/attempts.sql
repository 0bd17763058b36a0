-- jobs.attempts
select job_id, lease_epoch, worker_id, started_at, ended_at, outcome, error_class, error_code, error_message, error_phase
  from job_attempt where job_id = any($1::uuid[]) order by job_id, lease_epoch
