-- Jobs that judge model versions on a period, or compare several. A version of the service before this one goes on as it is: it claims
-- no job of these kinds, and leaves the new columns unset.
alter table job drop constraint job_kind_known;
alter table job
  add constraint job_kind_known check (kind in ('TRAIN', 'PROBE', 'REPRODUCE', 'EVALUATE', 'COMPARE')),
  -- Without a model: by its model a job makes a version.
  add constraint job_evaluate_complete check (kind not in ('EVALUATE', 'COMPARE') or (model is null and source is not null
    and range_start is not null and range_end is not null and horizon is not null));

-- What such a job has found is kept like a model version, so that its job is as well.
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind not in ('TRAIN', 'EVALUATE', 'COMPARE'));
-- A comparison is what its job has found.
create index job_comparison_list_idx on job (project, created_at desc, id desc) where kind = 'COMPARE' and state = 'SUCCEEDED';

-- The decision times that a version was judged on; unset for the evaluation that its training made.
alter table evaluation
  add column period_start timestamptz,
  add column period_end timestamptz,
  add constraint evaluation_period_order check ((period_start is null) = (period_end is null) and period_start < period_end);
create index evaluation_list_idx on evaluation (project, created_at desc, id desc);
create index evaluation_model_idx on evaluation (project, model, created_at desc, id desc);
