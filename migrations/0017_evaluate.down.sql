-- Fails while a job of kind EVALUATE or COMPARE is left: the earlier version could not read it.
drop index evaluation_model_idx;
drop index evaluation_list_idx;
alter table evaluation
  drop constraint evaluation_period_order,
  drop column period_end,
  drop column period_start;
drop index job_comparison_list_idx;
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind <> 'TRAIN');
alter table job
  drop constraint job_evaluate_complete,
  drop constraint job_kind_known;
alter table job add constraint job_kind_known check (kind in ('TRAIN', 'PROBE', 'REPRODUCE'));
