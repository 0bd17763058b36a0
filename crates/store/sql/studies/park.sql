-- studies.park: the study waits in the queue without a worker, until its jobs have ended or its time is over; $3: it goes on at once
with parked as (
  update job j
     set state = 'QUEUED',
         run_at = case when $3 then now()
                       else greatest(now(), (select min(t.created_at) from trial t where t.study_id = j.id)
                                            + $4::bigint * interval '1 microsecond') end,
         progress = $5, progress_at = now(),
         worker_id = null, heartbeat_at = null, lease_expires_at = null, deadline_at = null
   where j.id = $1 and j.lease_epoch = $2 and j.state = 'RUNNING' and j.cancel_requested_at is null
  returning j.id, j.lease_epoch
)
update job_attempt a set ended_at = greatest(now(), a.started_at), outcome = 'RELEASED'
  from parked p where a.job_id = p.id and a.lease_epoch = p.lease_epoch
