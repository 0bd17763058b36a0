-- A label may be of the row itself: a threshold with a horizon of 0, or a column that is known at once.
alter table job
  drop constraint job_horizon_positive,
  add constraint job_horizon_not_negative check (horizon >= interval '0');
