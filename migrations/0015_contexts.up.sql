-- What a row's time alone does not say: when the row was recorded, and what else was known then.

-- A table without an entity column is one series. A column may tell when a row was recorded.
alter table source
  alter column entity_column drop not null,
  add column recorded_time_column text,
  add constraint source_recorded_time_column_length check (octet_length(recorded_time_column) between 1 and 63),
  drop constraint source_key_columns_differ,
  add constraint source_key_columns_differ check (entity_column is distinct from time_column
    and (phase_column is null or phase_column is distinct from entity_column and phase_column <> time_column)
    and (recorded_time_column is null or recorded_time_column is distinct from entity_column
         and recorded_time_column is distinct from phase_column and recorded_time_column <> time_column));

-- Contexts of a source: one series of another source of the project, seen as of each row's time.
create table source_context (
  project            text collate "C" not null,
  source             text collate "C" not null,
  name               text collate "C" not null,
  context_source     text collate "C" not null,
  entity             text,
  availability_delay interval not null,
  max_age            interval not null,
  constraint source_context_pk primary key (project, source, name),
  constraint source_context_source_fk foreign key (project, source) references source (project, id) on delete cascade,
  constraint source_context_context_fk foreign key (project, context_source) references source (project, id),
  constraint source_context_name_form check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint source_context_entity_length check (octet_length(entity) between 1 and 1000),
  constraint source_context_delay_not_negative check (availability_delay >= interval '0'),
  constraint source_context_max_age_long_enough check (max_age > interval '0' and max_age >= availability_delay)
);
