-- Keys of callers. Of the secret only its SHA-256 is kept.
create table api_key (
  id           uuid not null,
  short_id     text collate "C" not null,
  secret_hash  bytea not null,
  display_name text not null,
  project      text collate "C" not null,
  role         text not null,
  created_by   text not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  constraint api_key_pk primary key (id),
  constraint api_key_short_id_uq unique (short_id),
  constraint api_key_project_fk foreign key (project) references project (id),
  constraint api_key_short_id_form check (short_id ~ '^[A-Za-z0-9]{6,32}$'),
  constraint api_key_secret_hash_length check (octet_length(secret_hash) = 32),
  constraint api_key_display_name_length check (length(display_name) between 1 and 100),
  constraint api_key_role_known check (role in ('viewer', 'trainer', 'admin')),
  constraint api_key_created_by_length check (length(created_by) between 1 and 128),
  constraint api_key_expires_later check (expires_at > created_at)
);
create index api_key_list_idx on api_key (project, created_at desc, id desc);
