-- Fails while a job of kind BATCH_PREDICT is left: the earlier version could not read it.
alter table job
  drop constraint job_batch_predict_complete,
  drop constraint job_kind_known;
alter table job
  add constraint job_kind_known check (kind in ('TRAIN', 'PROBE', 'REPRODUCE', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE', 'TRIAL'));
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind not in ('TRAIN', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE'));
drop index promotion_to_idx, promotion_from_idx;
drop trigger job_version_made on job;
drop function job_version_keep();
drop table job_version;
drop function versions_named(text, jsonb);
alter table job drop column found_deleted_at;
alter table evaluation
  drop constraint evaluation_curves_size,
  drop column curves;
