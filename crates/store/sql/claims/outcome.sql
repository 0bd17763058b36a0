-- claims.outcome
select a.outcome, j.state, j.lease_epoch as job_epoch
  from job_attempt a join job j on j.id = a.job_id
 where a.job_id = $1 and a.lease_epoch = $2
