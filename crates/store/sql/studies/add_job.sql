-- studies.add_job: a job that does some trials of a rung, asked for as its study was. It is the service's own: max_queued does not
-- refuse it, though it counts
with child as (
  insert into job (id, project, queue, kind, spec, spec_version, source, range_start, range_end, horizon, request_id, traceparent,
                   created_by, labels, priority, timeout, parent_id, event_seq)
  select $2, p.project, p.queue, 'TRIAL', $3, p.spec_version, p.source, p.range_start, $4, p.horizon, p.request_id, p.traceparent,
         p.created_by, p.labels, p.priority, p.timeout, p.id, 1
    from job p where p.id = $1
  returning id, parent_id
), event as (
  insert into job_event (job_id, seq, lease_epoch, kind, payload)
  select id, 1, 0, 'state', '{"state": "QUEUED"}' from child
)
insert into trial (study_id, rung, number, job_id, parameters)
select c.parent_id, $5, t.number, c.id, t.parameters
  from child c cross join unnest($6::integer[], $7::jsonb[]) as t (number, parameters)
