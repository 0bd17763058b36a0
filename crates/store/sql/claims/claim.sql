-- claims.claim: the first due job of the locked project, if its limit allows one more, and queue and worker still may, as is
-- known only now that the project is locked
with picked as materialized (
  select j.id from job j
   where j.state = 'QUEUED' and j.queue = $2 and j.project = $1 and j.run_at <= now()
     and j.kind = any($5::text[]) and j.spec_version <= $6
     and (j.memory_bytes is null or j.memory_bytes <= $7 or not exists (
       select from worker w
        where w.stopped_at is null and w.draining_at is null and w.memory_bytes >= j.memory_bytes
          and w.heartbeat_at > now() - $4::bigint * interval '1 microsecond'))
     and (select count(*) from job r where r.state = 'RUNNING' and r.project = $1)
         < (select max_running from project where id = $1)
     and not exists (select from queue q where q.id = $2 and q.paused_at is not null)
     and not exists (select from worker w where w.id = $3 and w.draining_at is not null)
   order by j.priority, j.run_at, j.id limit 1
     for no key update of j skip locked
), claimed as (
  update job j
     set state = 'RUNNING', lease_epoch = j.lease_epoch + 1, worker_id = $3, started_at = now(), heartbeat_at = now(),
         lease_expires_at = now() + $4::bigint * interval '1 microsecond', deadline_at = now() + j.timeout,
         progress = null, progress_seq = 0, progress_at = null,
         error_class = null, error_code = null, error_message = null, error_phase = null
    from picked p where j.id = p.id and j.state = 'QUEUED'
  returning j.id, j.lease_epoch, j.project, j.kind, j.spec, j.spec_version, j.traceparent, j.request_id,
            j.created_at, j.run_at, j.started_at, j.timeout, j.memory_bytes
), attempt as (
  insert into job_attempt (job_id, lease_epoch, worker_id, started_at)
  select id, lease_epoch, $3, started_at from claimed
), served as (
  update project set served_at = clock_timestamp() where id in (select project from claimed)
)
select id, lease_epoch, project, kind, spec, spec_version, traceparent, request_id, created_at, run_at,
       started_at as "claimed_at!", (extract(epoch from timeout) * 1000000)::bigint as "time_left_micros!",
       memory_bytes
  from claimed
