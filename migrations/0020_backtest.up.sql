-- Jobs that walk forward through time, training a model anew for each period. A version of the service before this one goes on as it
-- is: it claims no job of this kind.
alter table job
  drop constraint job_kind_known,
  drop constraint job_evaluate_complete;
alter table job
  add constraint job_kind_known check (kind in ('TRAIN', 'PROBE', 'REPRODUCE', 'EVALUATE', 'COMPARE', 'BACKTEST')),
  -- Without a model: by its model a job makes a version.
  add constraint job_evaluate_complete check (kind not in ('EVALUATE', 'COMPARE', 'BACKTEST') or (model is null and source is not null
    and range_start is not null and range_end is not null and horizon is not null));

-- A backtest is what its job has found, and is kept like a comparison.
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind not in ('TRAIN', 'EVALUATE', 'COMPARE', 'BACKTEST'));
create index job_backtest_list_idx on job (project, created_at desc, id desc) where kind = 'BACKTEST' and state = 'SUCCEEDED';
