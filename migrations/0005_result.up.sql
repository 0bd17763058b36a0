-- What an attempt leaves behind: one set of artifacts, committed in the transaction that makes the job SUCCEEDED.
create table result (
  id           uuid not null,
  job_id       uuid not null,
  lease_epoch  bigint not null,
  project      text collate "C" not null,
  state        text not null default 'STAGED',
  created_at   timestamptz not null default now(),
  committed_at timestamptz,
  constraint result_pk primary key (id),
  constraint result_attempt_uq unique (job_id, lease_epoch),
  constraint result_attempt_fk foreign key (job_id, lease_epoch) references job_attempt (job_id, lease_epoch),
  constraint result_project_fk foreign key (project) references project (id),
  constraint result_state_known check (state in ('STAGED', 'COMMITTED', 'ORPHANED')),
  constraint result_committed_at_iff_committed check ((state = 'COMMITTED') = (committed_at is not null))
);
create unique index result_one_committed_uq on result (job_id) where state = 'COMMITTED';
create index result_sweep_idx on result (created_at) where state <> 'COMMITTED';

alter table job add constraint job_result_fk foreign key (result_id) references result (id) deferrable initially deferred;

create table artifact (
  result_id   uuid not null,
  file_name   text collate "C" not null,
  storage_key text not null,
  media_type  text not null,
  size_bytes  bigint not null,
  sha256      bytea not null,
  created_at  timestamptz not null default now(),
  constraint artifact_pk primary key (result_id, file_name),
  constraint artifact_storage_key_uq unique (storage_key),
  constraint artifact_result_fk foreign key (result_id) references result (id) on delete cascade,
  constraint artifact_file_name_form check (file_name ~ '^[a-z0-9_-][a-z0-9._-]{0,62}$'),
  constraint artifact_storage_key_length check (length(storage_key) between 1 and 1024),
  constraint artifact_media_type_form check (media_type ~ '^[a-z0-9.+-]+/[a-z0-9.+-]+(; ?[a-z0-9=-]+)?$'),
  constraint artifact_size_positive check (size_bytes > 0),
  constraint artifact_sha256_length check (octet_length(sha256) = 32)
);
