-- claims.finish: everything that SUCCEEDED means, or CANCELLED when a cancel came first; only a job for a model makes a version. What
-- is measured is of that version, or of the one that is named
with finished as (
  update job j
     set state = case when j.cancel_requested_at is null then 'SUCCEEDED' else 'CANCELLED' end,
         result_id = case when j.cancel_requested_at is null then $3::uuid end,
         error_code = case when j.cancel_requested_at is not null then 'CANCELLED' end,
         error_message = case when j.cancel_requested_at is not null
                              then cancel_message(j.cancel_requested_by, j.cancel_reason) end,
         progress = case when j.cancel_requested_at is not null then j.progress
                         else '{"phase": "STORE", "fraction": 1, "steps_done": 1, "steps_total": 1, "message": "done"}' end,
         progress_at = case when j.cancel_requested_at is null then now() else j.progress_at end,
         finished_at = now(), worker_id = null, heartbeat_at = null, lease_expires_at = null, deadline_at = null
   where j.id = $1 and j.lease_epoch = $2 and j.state = 'RUNNING'
     and exists (select from result r
                  where r.id = $3 and r.job_id = $1 and r.lease_epoch = $2 and r.state = 'STAGED')
  returning j.id, j.lease_epoch, j.project, j.model, j.state
), settled as (
  update result r
     set state = case f.state when 'SUCCEEDED' then 'COMMITTED' else 'ORPHANED' end,
         committed_at = case f.state when 'SUCCEEDED' then now() end,
         body = case f.state when 'SUCCEEDED' then $15::jsonb end
    from finished f where r.id = $3
), ended as (
  update job_attempt a set ended_at = greatest(now(), a.started_at), outcome = f.state
    from finished f where a.job_id = f.id and a.lease_epoch = f.lease_epoch
), named as (
  insert into model (project, id, display_name, last_version, version_count)
  select project, model, model, 1, 1 from finished where state = 'SUCCEEDED' and model is not null
  on conflict (project, id) do update
     set last_version = model.last_version + 1, version_count = model.version_count + 1,
         updated_at = now(), revision = model.revision + 1
  returning project, id, last_version
), made as (
  insert into model_version (project, model, version, job_id, result_id, spec, facts)
  select project, id, last_version, $1, $3, $4, $5 from named
  returning project, model, version
), judged as (
  insert into evaluation (project, model, version, result_id, body, curves, overall, rows, positives,
                          roc_auc, average_precision, log_loss, brier, skill, period_start, period_end)
  select project, model, version, $3::uuid, $6::jsonb - 'curves', $6 -> 'curves', $7::jsonb, $8::bigint, $9::bigint, $10::float8, $11::float8, $12::float8,
         $13::float8, $14::float8, null::timestamptz, null::timestamptz from made
   union all
  select project, $16::text, $17::integer, $3, $6 - 'curves', $6 -> 'curves', $7, $8, $9, $10, $11, $12, $13, $14, $18::timestamptz, $19::timestamptz
    from finished where state = 'SUCCEEDED' and $16 is not null
)
select f.state, (select version from made) as version from finished f
