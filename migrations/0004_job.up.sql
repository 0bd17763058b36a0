-- Worker processes: for people to look at, never for safety. An id is fresh per boot and never used again.
create table worker (
  id           uuid not null,
  hostname     text not null,
  version      text not null,
  slots        integer not null,
  started_at   timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  draining_at  timestamptz,
  stopped_at   timestamptz,
  constraint worker_pk primary key (id),
  constraint worker_hostname_length check (length(hostname) between 1 and 255),
  constraint worker_version_length check (length(version) between 1 and 64),
  constraint worker_slots_positive check (slots > 0)
);
create index worker_live_idx on worker (heartbeat_at) where stopped_at is null;

create table job (
  id                  uuid not null,
  project             text collate "C" not null,
  queue               text collate "C" not null,
  kind                text not null,
  spec                jsonb not null,
  spec_version        integer not null,
  -- what the spec says, as columns, for lists and rules
  model               text collate "C",
  source              text collate "C",
  range_start         timestamptz,
  range_end           timestamptz,
  horizon             interval,
  -- the request that made it
  idempotency_key     uuid,
  request_hash        bytea,
  request_id          text,
  traceparent         text,
  created_by          text not null,
  created_at          timestamptz not null default now(),
  labels              jsonb not null default '{}',
  -- where it stands
  state               text not null default 'QUEUED',
  priority            smallint not null default 2,
  run_at              timestamptz not null default now(),
  revision            bigint not null default 1,
  event_seq           bigint not null default 0,
  -- three budgets; a claim itself costs nothing
  failures            integer not null default 0,
  max_failures        integer not null default 3,
  infra_failures      integer not null default 0,
  max_infra_failures  integer not null default 20,
  lost_count          integer not null default 0,
  max_lost            integer not null default 3,
  -- the lease; lease_epoch is the fence: +1 per claim, never reset
  lease_epoch         bigint not null default 0,
  worker_id           uuid,
  started_at          timestamptz,
  heartbeat_at        timestamptz,
  lease_expires_at    timestamptz,
  timeout             interval not null default interval '6 hours',
  deadline_at         timestamptz,
  cancel_requested_at timestamptz,
  cancel_requested_by text,
  cancel_reason       text,
  progress            jsonb,
  progress_seq        bigint not null default 0,
  progress_at         timestamptz,
  result_id           uuid,
  error_class         text,
  error_code          text,
  error_message       text,
  error_phase         text,
  finished_at         timestamptz,

  constraint job_pk primary key (id),
  constraint job_project_fk foreign key (project) references project (id),
  constraint job_queue_fk foreign key (queue) references queue (id),
  constraint job_source_fk foreign key (project, source) references source (project, id),

  constraint job_kind_known check (kind in ('TRAIN')),
  constraint job_spec_size check (jsonb_typeof(spec) = 'object' and pg_column_size(spec) <= 2097152),
  constraint job_spec_version_positive check (spec_version > 0),
  constraint job_model_slug check (model ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint job_train_complete check (kind <> 'TRAIN' or (model is not null and source is not null
    and range_start is not null and range_end is not null and horizon is not null)),
  constraint job_range_order check (range_start < range_end),
  constraint job_horizon_positive check (horizon > interval '0'),

  constraint job_request_hash_with_key check ((idempotency_key is null) = (request_hash is null)),
  constraint job_request_hash_length check (octet_length(request_hash) = 32),
  constraint job_request_id_printable check (request_id ~ '^[ -~]{1,128}$'),
  constraint job_traceparent_form
    check (traceparent ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'),
  constraint job_created_by_length check (length(created_by) between 1 and 128),
  constraint job_labels_valid check (labels = '{}' or labels_valid(labels)),

  constraint job_state_known check (state in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'DEAD')),
  constraint job_priority_range check (priority between 0 and 4),
  constraint job_revision_positive check (revision > 0),
  constraint job_event_seq_not_negative check (event_seq >= 0),
  constraint job_failures_in_budget check (failures between 0 and max_failures),
  constraint job_infra_failures_in_budget check (infra_failures between 0 and max_infra_failures),
  constraint job_lost_count_in_budget check (lost_count between 0 and max_lost),
  constraint job_max_failures_range check (max_failures between 1 and 25),
  constraint job_max_infra_failures_range check (max_infra_failures between 0 and 1000),
  constraint job_max_lost_range check (max_lost between 1 and 100),

  constraint job_lease_epoch_not_negative check (lease_epoch >= 0),
  constraint job_started_iff_claimed check ((lease_epoch > 0) = (started_at is not null)),
  constraint job_lease_iff_running check ((state = 'RUNNING') = (worker_id is not null)
    and (state = 'RUNNING') = (heartbeat_at is not null)
    and (state = 'RUNNING') = (lease_expires_at is not null)
    and (state = 'RUNNING') = (deadline_at is not null)),
  constraint job_timeout_range check (timeout between interval '1 second' and interval '7 days'),
  constraint job_cancel_states check (cancel_requested_at is null or state in ('RUNNING', 'CANCELLED')),
  constraint job_cancel_requested_by_length check (length(cancel_requested_by) between 1 and 128),
  constraint job_cancel_reason_length check (length(cancel_reason) <= 512),
  constraint job_progress_size check (pg_column_size(progress) <= 8192),
  constraint job_progress_seq_not_negative check (progress_seq >= 0),
  constraint job_finished_iff_final
    check ((state in ('SUCCEEDED', 'FAILED', 'CANCELLED', 'DEAD')) = (finished_at is not null)),
  constraint job_result_iff_succeeded check ((state = 'SUCCEEDED') = (result_id is not null)),
  constraint job_error_if_bad check (state not in ('FAILED', 'CANCELLED', 'DEAD')
    or (error_code is not null and error_message is not null)),
  constraint job_no_error_when_good check (state not in ('RUNNING', 'SUCCEEDED') or error_code is null),
  constraint job_error_class_known
    check (error_class in ('USER', 'TRANSIENT', 'INFRA', 'LOST', 'TIMEOUT', 'RESOURCE')),
  constraint job_error_code_form check (error_code ~ '^[A-Z][A-Z_]{0,62}$'),
  constraint job_error_message_length check (length(error_message) <= 8192),
  constraint job_error_phase_form check (error_phase ~ '^[A-Z][A-Z_]{0,62}$')
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200,
        autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0,
        autovacuum_analyze_threshold = 500);

-- lease_expires_at, progress and event_seq are in no index, so that heartbeats and progress stay HOT updates.
create index job_claim_idx on job (queue, project, priority, run_at, id) where state = 'QUEUED';
create index job_due_idx on job (queue, run_at) where state = 'QUEUED';
create index job_running_idx on job (project, created_at desc, id desc) where state = 'RUNNING';
create index job_list_idx on job (project, created_at desc, id desc);
create index job_state_list_idx on job (project, state, created_at desc, id desc);
create index job_model_list_idx on job (project, model, created_at desc, id desc) where model is not null;
create index job_final_idx on job (finished_at) where finished_at is not null;
create unique index job_idempotency_uq on job (project, idempotency_key) where idempotency_key is not null;

create table job_attempt (
  job_id        uuid not null,
  lease_epoch   bigint not null,
  worker_id     uuid not null,
  started_at    timestamptz not null,
  ended_at      timestamptz,
  outcome       text,
  error_class   text,
  error_code    text,
  error_message text,
  error_phase   text,
  constraint job_attempt_pk primary key (job_id, lease_epoch),
  constraint job_attempt_job_fk foreign key (job_id) references job (id) on delete cascade,
  constraint job_attempt_lease_epoch_positive check (lease_epoch > 0),
  constraint job_attempt_outcome_known
    check (outcome in ('SUCCEEDED', 'FAILED', 'RETRIED', 'LOST', 'RELEASED', 'CANCELLED')),
  constraint job_attempt_outcome_iff_ended check ((ended_at is null) = (outcome is null)),
  constraint job_attempt_time_order check (ended_at >= started_at),
  constraint job_attempt_error_class_known
    check (error_class in ('USER', 'TRANSIENT', 'INFRA', 'LOST', 'TIMEOUT', 'RESOURCE')),
  constraint job_attempt_error_message_length check (length(error_message) <= 8192)
);

-- What happened to a job, in order: feeds WatchJob. seq is taken from job.event_seq in the same statement.
create table job_event (
  job_id      uuid not null,
  seq         bigint not null,
  at          timestamptz not null default now(),
  lease_epoch bigint not null,
  kind        text not null,
  payload     jsonb not null,
  constraint job_event_pk primary key (job_id, seq),
  constraint job_event_job_fk foreign key (job_id) references job (id) on delete cascade,
  constraint job_event_seq_positive check (seq > 0),
  constraint job_event_lease_epoch_not_negative check (lease_epoch >= 0),
  constraint job_event_kind_known check (kind in ('state', 'phase', 'progress', 'log')),
  constraint job_event_payload_size check (jsonb_typeof(payload) = 'object' and pg_column_size(payload) <= 32768)
);

-- What a cancelled job says about itself.
create function cancel_message(requested_by text, reason text) returns text
language sql immutable parallel safe as $$
  select 'cancelled by ' || coalesce(requested_by, 'nobody known') || coalesce(': ' || nullif(reason, ''), '')
$$;

-- The rules of a job's life that one row alone cannot tell.
create function job_guard() returns trigger language plpgsql as $$
begin
  if new.id <> old.id or new.project <> old.project or new.kind <> old.kind or new.created_at <> old.created_at then
    raise exception 'job %: an immutable column changed', old.id
      using errcode = 'check_violation', constraint = 'job_guard_immutable';
  end if;
  if new.lease_epoch <> old.lease_epoch + (new.state = 'RUNNING' and old.state <> 'RUNNING')::int then
    raise exception 'job %: lease_epoch must change exactly on claim', old.id
      using errcode = 'check_violation', constraint = 'job_guard_epoch';
  end if;
  if new.state = old.state and old.finished_at is not null
       and (new.result_id, new.error_code, new.finished_at)
           is distinct from (old.result_id, old.error_code, old.finished_at) then
    raise exception 'job %: a final state is immutable', old.id
      using errcode = 'check_violation', constraint = 'job_guard_final';
  end if;
  if new.state <> old.state and (old.state, new.state) not in (
      ('QUEUED', 'RUNNING'), ('QUEUED', 'CANCELLED'),
      ('RUNNING', 'SUCCEEDED'), ('RUNNING', 'FAILED'), ('RUNNING', 'CANCELLED'), ('RUNNING', 'DEAD'), ('RUNNING', 'QUEUED'),
      ('FAILED', 'QUEUED'), ('CANCELLED', 'QUEUED'), ('DEAD', 'QUEUED')) then
    raise exception 'job %: illegal transition % -> %', old.id, old.state, new.state
      using errcode = 'check_violation', constraint = 'job_guard_transition';
  end if;
  return new;
end $$;
create trigger job_guard before update on job for each row execute function job_guard();

-- Records each change of state, and each cancel, as an event; and counts the revision behind a job's etag, which changes with
-- state, priority, labels and cancel, not with progress. Fires after job_guard: triggers fire in the order of their names.
create function job_record() returns trigger language plpgsql as $$
begin
  if (new.state, new.priority, new.labels, new.cancel_requested_at)
       is distinct from (old.state, old.priority, old.labels, old.cancel_requested_at) then
    new.revision := old.revision + 1;
  end if;
  if (new.state, new.cancel_requested_at) is distinct from (old.state, old.cancel_requested_at) then
    new.event_seq := old.event_seq + 1;
    insert into job_event (job_id, seq, lease_epoch, kind, payload)
    values (new.id, new.event_seq, new.lease_epoch, 'state', jsonb_strip_nulls(jsonb_build_object(
      'state', new.state,
      'cancel_requested', new.state = 'RUNNING' and new.cancel_requested_at is not null,
      'run_at', case when new.state = 'QUEUED' then new.run_at end,
      'error', case when new.error_code is not null then jsonb_build_object('class', new.error_class,
        'reason', new.error_code, 'message', left(new.error_message, 4000), 'phase', new.error_phase) end)));
  end if;
  return new;
end $$;
create trigger job_record before update on job for each row execute function job_record();
