-- claims.fail: $3 is the class of the failure, null for a graceful release, which costs nothing; $7 is the memory that the job
-- is now known to need
with held as materialized (
  select id, case
      when cancel_requested_at is not null then 'CANCELLED'
      when $3::text is null then 'QUEUED'
      when $3 in ('USER', 'TIMEOUT', 'RESOURCE') then 'FAILED'
      when $3 = 'TRANSIENT' and failures + 1 < max_failures then 'QUEUED'
      when $3 = 'INFRA' and infra_failures < max_infra_failures then 'QUEUED'
      when $3 = 'LOST' and lost_count + 1 < max_lost then 'QUEUED'
      else 'DEAD' end as next
    from job where id = $1 and lease_epoch = $2 and state = 'RUNNING' for no key update
), ended as (
  update job j
     set state = h.next,
         failures = least(j.failures + coalesce($3 in ('TRANSIENT', 'USER'), false)::int, j.max_failures),
         infra_failures = least(j.infra_failures + coalesce($3 = 'INFRA', false)::int, j.max_infra_failures),
         lost_count = least(j.lost_count + coalesce($3 = 'LOST', false)::int, j.max_lost),
         memory_bytes = coalesce($7, j.memory_bytes),
         -- full jitter: 5 s * 2^n, at most 15 minutes
         run_at = case when h.next <> 'QUEUED' then j.run_at
                       when $3 is null then now()
                       else now() + random() * least(900, 5 * power(2, least(j.failures + j.infra_failures + j.lost_count, 10)))
                                    * interval '1 second' end,
         finished_at = case when h.next <> 'QUEUED' then now() end,
         error_class = case when h.next <> 'CANCELLED' then $3 end,
         error_code = case when h.next = 'CANCELLED' then 'CANCELLED' when h.next = 'DEAD' and $3 = 'LOST' then 'POISON' else $4 end,
         error_message = case when h.next = 'CANCELLED' then cancel_message(j.cancel_requested_by, j.cancel_reason)
                              when h.next = 'DEAD' and $3 = 'LOST' then left('lost ' || j.max_lost || ' times, the last time because '
                                || $5 || '; the job itself may bring its process down', 8192)
                              else left($5, 8192) end,
         error_phase = case when h.next <> 'CANCELLED' then $6 end,
         worker_id = null, heartbeat_at = null, lease_expires_at = null, deadline_at = null
    from held h where j.id = h.id
  returning j.id, j.lease_epoch, j.state, j.run_at
), attempt as (
  update job_attempt a
     set ended_at = greatest(now(), a.started_at), error_class = $3, error_code = $4, error_message = left($5, 8192), error_phase = $6,
         outcome = case when e.state = 'CANCELLED' then 'CANCELLED' when $3 is null then 'RELEASED'
                        when e.state = 'QUEUED' then 'RETRIED' else 'FAILED' end
    from ended e where a.job_id = e.id and a.lease_epoch = e.lease_epoch
), orphaned as (
  update result r set state = 'ORPHANED'
    from ended e where r.job_id = e.id and r.lease_epoch = e.lease_epoch and r.state = 'STAGED'
)
select state, case when state = 'QUEUED'
                   then (greatest(extract(epoch from run_at - now()), 0) * 1000000)::bigint end as retry_in_micros
  from ended
