-- What the invariants need and the tables do not keep: every transition, every acknowledged cancel, and each commit that let a
-- project run more jobs than it may. Independent of the migrations: the rules stand here a second time, in other words.
create schema invariants;

create table invariants.transition (
  id         bigint generated always as identity primary key,
  at         timestamptz not null default clock_timestamp(),
  job        uuid not null,
  from_state text,
  to_state   text not null,
  from_epoch bigint,
  to_epoch   bigint not null,
  cancelled  boolean not null -- the cancel flag stands after the change
);
create index transition_job_idx on invariants.transition (job, id);

create table invariants.excess (
  id      bigint generated always as identity primary key,
  job     uuid not null,
  project text not null,
  running bigint not null,
  allowed integer not null
);

-- The processes may not write here: what they cause is noted in the name of who tests.
create function invariants.note_transition() returns trigger language plpgsql security definer as $$
begin
  if tg_op = 'INSERT' then
    insert into invariants.transition (job, from_state, to_state, from_epoch, to_epoch, cancelled)
    values (new.id, null, new.state, null, new.lease_epoch, new.cancel_requested_at is not null);
  elsif (new.state, new.lease_epoch, new.cancel_requested_at is not null)
        is distinct from (old.state, old.lease_epoch, old.cancel_requested_at is not null)
     or (old.state = 'SUCCEEDED' and new.result_id is distinct from old.result_id) then
    insert into invariants.transition (job, from_state, to_state, from_epoch, to_epoch, cancelled)
    values (new.id, old.state, new.state, old.lease_epoch, new.lease_epoch, new.cancel_requested_at is not null);
  end if;
  return null;
end $$;
create trigger invariants_transition after insert or update on job
  for each row execute function invariants.note_transition();

-- At the commit of a claim: counts under a lock per project that is held until the commit is seen by all, so that two commits
-- cannot miss each other.
create function invariants.note_excess() returns trigger language plpgsql security definer as $$
declare
  running bigint;
  allowed integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('invariants ' || new.project, 0));
  select count(*) into running from job where project = new.project and state = 'RUNNING';
  select max_running into allowed from project where id = new.project;
  if running > allowed then
    insert into invariants.excess (job, project, running, allowed) values (new.id, new.project, running, allowed);
  end if;
  return null;
end $$;
create constraint trigger invariants_excess after update on job deferrable initially deferred
  for each row when (new.state = 'RUNNING' and old.state <> 'RUNNING') execute function invariants.note_excess();
