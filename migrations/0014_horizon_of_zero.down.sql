-- Refused while a job has a horizon of 0: the version before cannot read its label.
alter table job
  drop constraint job_horizon_not_negative,
  add constraint job_horizon_positive check (horizon > interval '0');
