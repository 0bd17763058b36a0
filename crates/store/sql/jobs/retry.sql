-- jobs.retry: a job that ended without success waits again. Its budgets are full, its epoch goes on. jobs.create_lock goes before,
-- so that the count of waiting jobs is exact. A study keeps its trials when its search had a winner and lacked nothing; else it
-- searches anew, in a time of its own. A trial's job is not retried by itself: its study has counted it
with held as materialized (
  select id, kind, queue, project, model, state, revision from job where project = $1 and id = $2 for no key update
), room as materialized (
  select h.id, h.state in ('FAILED', 'DEAD', 'CANCELLED') and h.kind <> 'TRIAL' as retryable,
         $3::bigint is null or h.revision = $3 as is_current,
         exists (select from model m where m.project = h.project and m.id = h.model and m.deleted_at is not null) as model_deleted,
         p.max_queued,
         (select count(*) from job q where q.queue = h.queue and q.project = h.project and q.state = 'QUEUED') as queued
    from held h join project p on p.id = h.project
), retried as (
  update job j
     set state = 'QUEUED', run_at = now(), finished_at = null, failures = 0, infra_failures = 0, lost_count = 0,
         cancel_requested_at = null, cancel_requested_by = null, cancel_reason = null,
         error_class = null, error_code = null, error_message = null, error_phase = null
    from room r
   where j.id = r.id and r.retryable and r.is_current and not r.model_deleted and r.queued < r.max_queued
  returning j.id, j.kind, coalesce((j.spec -> 'halving' ->> 'rungs')::integer, 1) - 1 as last_rung
), searched_anew as (
  delete from trial t using retried r
   where r.kind = 'TUNE' and t.study_id = r.id
     and not (exists (select from trial w where w.study_id = r.id and w.rung = r.last_rung and w.state = 'SUCCEEDED')
              and not exists (select from trial w where w.study_id = r.id and w.state in ('WAITING', 'SKIPPED')))
)
select retryable as "retryable!", is_current as "is_current!", model_deleted as "model_deleted!", max_queued,
       exists (select from retried) as "retried!"
  from room
