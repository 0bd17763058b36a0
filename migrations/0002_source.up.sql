-- The catalogue of sources. The names of its tables and columns are the only ones that reach SQL as identifiers.
create table source (
  project         text collate "C" not null,
  id              text collate "C" not null,
  uid             uuid not null default gen_random_uuid(),
  display_name    text not null,
  schema_name     text not null,
  table_name      text not null,
  entity_column   text not null,
  time_column     text not null,
  phase_column    text,
  bar_interval    interval not null,
  duplicate_rule  text not null,
  columns         jsonb not null,
  idempotency_key uuid,
  request_hash    bytea,
  created_by      text not null,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  revision        bigint not null default 1,
  constraint source_pk primary key (project, id),
  constraint source_uid_uq unique (uid),
  constraint source_project_fk foreign key (project) references project (id),
  constraint source_id_slug check (id ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint source_display_name_length check (length(display_name) between 1 and 100),
  constraint source_schema_name_length check (octet_length(schema_name) between 1 and 63),
  constraint source_table_name_length check (octet_length(table_name) between 1 and 63),
  constraint source_entity_column_length check (octet_length(entity_column) between 1 and 63),
  constraint source_time_column_length check (octet_length(time_column) between 1 and 63),
  constraint source_phase_column_length check (octet_length(phase_column) between 1 and 63),
  constraint source_key_columns_differ check (entity_column <> time_column
    and phase_column is distinct from entity_column and phase_column is distinct from time_column),
  constraint source_bar_interval_positive check (bar_interval > interval '0'),
  constraint source_duplicate_rule_known check (duplicate_rule in ('REFUSE', 'KEEP_FIRST', 'KEEP_LAST')),
  constraint source_columns_list check (jsonb_typeof(columns) = 'array'
    and jsonb_array_length(columns) between 1 and 1000 and pg_column_size(columns) <= 262144),
  constraint source_request_hash_with_key check ((idempotency_key is null) = (request_hash is null)),
  constraint source_request_hash_length check (octet_length(request_hash) = 32),
  constraint source_created_by_length check (length(created_by) between 1 and 128),
  constraint source_revision_positive check (revision > 0)
);
create unique index source_idempotency_uq on source (project, idempotency_key) where idempotency_key is not null;

-- Lifecycle phases of a source's entities, each with its own distance of bars; zero marks a final state.
create table source_phase (
  project      text collate "C" not null,
  source       text collate "C" not null,
  id           integer not null,
  display_name text not null,
  bar_interval interval not null,
  constraint source_phase_pk primary key (project, source, id),
  constraint source_phase_source_fk foreign key (project, source) references source (project, id) on delete cascade,
  constraint source_phase_id_not_negative check (id >= 0),
  constraint source_phase_display_name_length check (length(display_name) <= 100),
  constraint source_phase_bar_interval_not_negative check (bar_interval >= interval '0')
);
