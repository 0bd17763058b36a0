-- Jobs that train again what was trained before, and a place for what a job without a model version has found. A version of the
-- service before this one goes on as it is: it claims no job of the kind, and leaves the new column unset.
alter table job drop constraint job_kind_known;
alter table job
  add constraint job_kind_known check (kind in ('TRAIN', 'PROBE', 'REPRODUCE')),
  -- Without a model: by its model a job makes a version.
  add constraint job_reproduce_complete check (kind <> 'REPRODUCE' or (model is null and source is not null
    and range_start is not null and range_end is not null and horizon is not null));

-- Unset for a training, whose findings are its version and evaluation.
alter table result add column body jsonb;
alter table result
  add constraint result_body_size check (jsonb_typeof(body) = 'object' and pg_column_size(body) <= 1048576),
  add constraint result_body_committed check (body is null or state = 'COMMITTED');
