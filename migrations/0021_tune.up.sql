-- Jobs that look for the parameters of a learner, and the jobs that try some for them. A version of the service before this one goes
-- on as it is: it claims no job of these kinds.
alter table job
  add column parent_id uuid,
  drop constraint job_kind_known,
  drop constraint job_evaluate_complete;
alter table job
  -- A trial's job ends on its own: its study may go before it.
  add constraint job_parent_fk foreign key (parent_id) references job (id) on delete set null,
  add constraint job_parent_of_trial check (parent_id is null or kind = 'TRIAL'),
  add constraint job_kind_known
    check (kind in ('TRAIN', 'PROBE', 'REPRODUCE', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE', 'TRIAL')),
  -- Without a model: by its model a job makes a version.
  add constraint job_evaluate_complete check (kind not in ('EVALUATE', 'COMPARE', 'BACKTEST', 'TRIAL') or (model is null
    and source is not null and range_start is not null and range_end is not null and horizon is not null)),
  add constraint job_tune_complete check (kind <> 'TUNE' or (model is not null and source is not null
    and range_start is not null and range_end is not null and horizon is not null));

create index job_parent_idx on job (parent_id) where parent_id is not null;
create index job_open_child_idx on job (parent_id) where parent_id is not null and state in ('QUEUED', 'RUNNING');
create index job_study_idx on job (run_at) where kind = 'TUNE' and state = 'QUEUED';

-- A study leaves a model version, and is kept like a training.
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind not in ('TRAIN', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE'));

-- A point of a study's space in a rung: made when the rung is planned, scored once. Its job may have been removed since.
create table trial (
  study_id      uuid not null,
  rung          integer not null,
  number        integer not null,
  job_id        uuid not null,
  parameters    jsonb not null,
  state         text not null default 'WAITING',
  score         double precision,
  score_low     double precision,
  score_high    double precision,
  cpu_seconds   double precision,
  error_code    text,
  error_message text,
  created_at    timestamptz not null default now(),
  finished_at   timestamptz,
  constraint trial_pk primary key (study_id, rung, number),
  constraint trial_study_fk foreign key (study_id) references job (id) on delete cascade,
  constraint trial_rung_not_negative check (rung >= 0),
  constraint trial_number_positive check (number > 0),
  constraint trial_parameters_size check (jsonb_typeof(parameters) = 'object' and pg_column_size(parameters) <= 8192),
  constraint trial_state_known check (state in ('WAITING', 'SUCCEEDED', 'FAILED', 'SKIPPED')),
  constraint trial_score_iff_succeeded check ((state = 'SUCCEEDED') = (score is not null)),
  constraint trial_score_finite check (score <> 'NaN' and abs(score) < 'infinity'),
  constraint trial_error_iff_failed
    check ((state = 'FAILED') = (error_code is not null) and (state = 'FAILED') = (error_message is not null)),
  constraint trial_error_code_form check (error_code ~ '^[A-Z][A-Z_]{0,62}$'),
  constraint trial_error_message_length check (length(error_message) <= 8192),
  constraint trial_cpu_seconds_not_negative check (cpu_seconds >= 0),
  constraint trial_finished_iff_final check ((state <> 'WAITING') = (finished_at is not null))
);
