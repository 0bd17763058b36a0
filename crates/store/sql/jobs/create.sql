-- jobs.create
with room as (
  select p.max_queued,
         (select count(*) from job q where q.queue = $3 and q.project = p.id and q.state = 'QUEUED') as queued,
         exists (select from model m where m.project = p.id and m.id = $7 and m.deleted_at is not null) as model_deleted
    from project p where p.id = $2
), existing as (
  select id, request_hash from job where project = $2 and idempotency_key = $12
), created as (
  insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                   idempotency_key, request_hash, request_id, traceparent, created_by, labels, priority, timeout, event_seq)
  select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::bigint * interval '1 microsecond',
         $12, $13, $14, $15, $16, $17, $18, $19::bigint * interval '1 microsecond', 1
    from room
   where queued < max_queued and not model_deleted and not exists (select from existing)
  returning id
), event as (
  insert into job_event (job_id, seq, lease_epoch, kind, payload)
  select id, 1, 0, 'state', '{"state": "QUEUED"}' from created
)
select (select id from created) as created,
       (select id from existing) as existing,
       (select request_hash from existing) as request_hash,
       (select max_queued from room) as max_queued,
       (select model_deleted from room) as model_deleted
