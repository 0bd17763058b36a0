-- Fails while a job of kind TUNE or TRIAL is left: the earlier version could not read it.
drop table trial;
drop index job_study_idx;
drop index job_open_child_idx;
drop index job_parent_idx;
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind not in ('TRAIN', 'EVALUATE', 'COMPARE', 'BACKTEST'));
alter table job
  drop constraint job_tune_complete,
  drop constraint job_evaluate_complete,
  drop constraint job_kind_known,
  drop constraint job_parent_of_trial,
  drop constraint job_parent_fk;
alter table job
  drop column parent_id,
  add constraint job_kind_known check (kind in ('TRAIN', 'PROBE', 'REPRODUCE', 'EVALUATE', 'COMPARE', 'BACKTEST')),
  add constraint job_evaluate_complete check (kind not in ('EVALUATE', 'COMPARE', 'BACKTEST') or (model is null and source is not null
    and range_start is not null and range_end is not null and horizon is not null));
