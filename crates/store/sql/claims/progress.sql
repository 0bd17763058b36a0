-- claims.progress
with held as materialized (
  select id, progress ->> 'phase' as phase from job
   where id = $1 and lease_epoch = $2 and state = 'RUNNING' for no key update
), updated as (
  update job j set progress = $4, progress_seq = $3, progress_at = now(), event_seq = j.event_seq + 1
    from held h where j.id = h.id and j.progress_seq < $3
  returning j.id, j.event_seq, j.lease_epoch
), event as (
  insert into job_event (job_id, seq, lease_epoch, kind, payload)
  select u.id, u.event_seq, u.lease_epoch,
         case when h.phase is distinct from $4::jsonb ->> 'phase' then 'phase' else 'progress' end, $4
    from updated u join held h on h.id = u.id
)
select exists (select from held) as "held!"
