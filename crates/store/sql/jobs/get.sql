-- jobs.get: jobs of one project by id; place is that of the id in the request
select wanted.place as "place!", j.id, j.project, j.queue, j.kind, case when $3::bool then j.spec end as spec, j.spec_version,
       j.model, j.source, j.idempotency_key, j.request_id, j.traceparent, j.created_by, j.created_at, j.labels,
       j.state, j.run_at > now() as "scheduled!", j.priority, j.run_at, j.revision, j.event_seq,
       j.lease_epoch, j.worker_id, j.started_at,
       (extract(epoch from j.timeout) * 1000000)::bigint as "timeout_micros!", j.deadline_at,
       j.cancel_requested_at, j.cancel_requested_by, j.cancel_reason, j.progress, j.progress_at,
       j.error_class, j.error_code, j.error_message, j.error_phase, j.finished_at,
       j.result_id, v.version as "version?", e.id as "evaluation?", e.overall as "overall?",
       case when $3 then r.body end as body
  from unnest($2::uuid[]) with ordinality as wanted (id, place)
  join job j on j.id = wanted.id and j.project = $1
  left join model_version v on v.job_id = j.id
  left join evaluation e on e.result_id = j.result_id
  left join result r on r.id = j.result_id
