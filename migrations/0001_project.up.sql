-- Projects are the unit of access and of quotas; queues are what workers take jobs from.
create table project (
  id          text collate "C" not null,
  max_running integer not null default 4,
  max_queued  integer not null default 1000,
  created_at  timestamptz not null default now(),
  constraint project_pk primary key (id),
  constraint project_id_slug check (id ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint project_max_running_not_negative check (max_running >= 0),
  constraint project_max_queued_not_negative check (max_queued >= 0)
);

create table queue (
  id        text collate "C" not null,
  paused_at timestamptz,
  constraint queue_pk primary key (id),
  constraint queue_id_slug check (id ~ '^[a-z][a-z0-9_-]{0,62}$')
);

insert into project (id) values ('default');
insert into queue (id) values ('default');

-- Labels of jobs and models: at most 64, keys are slugs, values are texts of at most 63 characters.
create function labels_valid(labels jsonb) returns boolean
language sql immutable parallel safe as $$
  select case when jsonb_typeof(labels) is distinct from 'object' then false else (
    select count(*) <= 64 and coalesce(bool_and(
             jsonb_typeof(value) = 'string' and key ~ '^[a-z][a-z0-9_-]{0,62}$' and length(value #>> '{}') <= 63), true)
      from jsonb_each(labels)) end
$$;
