-- Fails while a job of kind REPRODUCE is left: the earlier version could not read it.
alter table result
  drop constraint result_body_committed,
  drop constraint result_body_size,
  drop column body;
alter table job
  drop constraint job_reproduce_complete,
  drop constraint job_kind_known;
alter table job add constraint job_kind_known check (kind in ('TRAIN', 'PROBE'));
