-- Who changed what. A row is written in the transaction of its change, and never again.
create table audit_event (
  id             bigint generated always as identity,
  created_at     timestamptz not null default now(),
  caller_key     text collate "C" not null,
  caller_role    text collate "C",
  caller_project text collate "C",
  method         text collate "C" not null,
  resource       text collate "C" not null,
  project        text collate "C",
  outcome        text collate "C" not null,
  request_id     text collate "C",
  peer           text collate "C",
  constraint audit_event_pk primary key (id),
  constraint audit_event_caller_key_length check (length(caller_key) between 1 and 128),
  constraint audit_event_caller_role_known check (caller_role in ('viewer', 'trainer', 'admin')),
  constraint audit_event_method_length check (length(method) between 1 and 256),
  constraint audit_event_resource_length check (length(resource) between 1 and 512),
  constraint audit_event_outcome_known check (outcome in ('CREATED', 'CHANGED', 'REMOVED'))
);
create index audit_event_list_idx on audit_event (created_at desc, id desc);
create index audit_event_project_idx on audit_event (project, created_at desc, id desc);
create index audit_event_resource_idx on audit_event (resource, created_at desc, id desc);

-- Nobody changes a row, and nobody removes one that is younger than 30 days, whatever he is allowed otherwise.
create function audit_event_keep() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.created_at < now() - interval '30 days' then
      return old;
    end if;
  end if;
  raise exception using errcode = 'restrict_violation', table = 'audit_event', constraint = 'audit_event_append_only',
    message = tg_op || ' on audit_event: rows are never changed, and removed at an age of 30 days at the earliest';
end
$$;
create trigger audit_event_keep_rows before update or delete on audit_event for each row execute function audit_event_keep();
create trigger audit_event_keep_table before truncate on audit_event for each statement execute function audit_event_keep();
