-- claims.log
with held as (
  update job set event_seq = event_seq + 1 where id = $1 and lease_epoch = $2 and state = 'RUNNING'
  returning id, event_seq, lease_epoch
)
insert into job_event (job_id, seq, lease_epoch, kind, payload)
select id, event_seq, lease_epoch, 'log', jsonb_build_object('severity', $3::text, 'message', $4::text) from held
