-- claims.reap: silent for one lease after Postgres started, when nobody could renew. A worker that still beat at the deadline let
-- its attempt run too long; one that fell silent before it is only lost.
with expired as materialized (
  select id, lease_epoch, case
      when cancel_requested_at is not null then 'CANCELLED'
      when heartbeat_at >= deadline_at then 'FAILED'
      when lost_count + 1 >= max_lost then 'DEAD'
      else 'QUEUED' end as next
    from job
   where state = 'RUNNING' and lease_expires_at < now()
     and now() - pg_postmaster_start_time() > $2::bigint * interval '1 microsecond'
   limit $1
     for no key update skip locked
), reaped as (
  update job j
     set state = x.next,
         lost_count = least(j.lost_count + 1, j.max_lost),
         run_at = case when x.next = 'QUEUED'
                       then now() + random() * least(300, 5 * power(2, least(j.lost_count, 10))) * interval '1 second'
                       else j.run_at end,
         finished_at = case when x.next <> 'QUEUED' then now() end,
         error_class = case x.next when 'CANCELLED' then null when 'FAILED' then 'TIMEOUT' else 'LOST' end,
         error_code = case x.next when 'CANCELLED' then 'CANCELLED' when 'FAILED' then 'JOB_TIMEOUT'
                                  when 'DEAD' then 'POISON' else 'LEASE_EXPIRED' end,
         error_message = case x.next
           when 'CANCELLED' then cancel_message(j.cancel_requested_by, j.cancel_reason)
           when 'FAILED' then 'the attempt ran longer than its timeout of ' || j.timeout || ' and its worker stopped answering'
           when 'DEAD' then 'its worker stopped answering ' || j.max_lost || ' times; the job itself may bring workers down'
           else 'its worker stopped answering' end,
         error_phase = j.progress ->> 'phase',
         worker_id = null, heartbeat_at = null, lease_expires_at = null, deadline_at = null
    from expired x
   where j.id = x.id and j.lease_epoch = x.lease_epoch and j.state = 'RUNNING' and j.lease_expires_at < now()
  returning j.id, j.lease_epoch, j.state, j.error_class, j.error_code, j.error_message, j.error_phase
), attempt as (
  update job_attempt a
     set ended_at = greatest(now(), a.started_at), outcome = 'LOST', error_class = r.error_class, error_code = r.error_code,
         error_message = r.error_message, error_phase = r.error_phase
    from reaped r where a.job_id = r.id and a.lease_epoch = r.lease_epoch
), orphaned as (
  update result s set state = 'ORPHANED'
    from reaped r where s.job_id = r.id and s.lease_epoch = r.lease_epoch and s.state = 'STAGED'
)
select id, lease_epoch, state, error_code as "error_code!" from reaped
