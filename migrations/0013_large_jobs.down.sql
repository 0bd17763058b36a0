drop function claim_job(text, uuid, interval, text[], integer, bigint, interval);
drop function claim_of_project(text, text, uuid, interval, text[], integer, bigint, interval, uuid, smallint);
drop index worker_memory_idx;
drop index job_large_idx;

-- Takes the first due job of a project that the caller has locked, if limit, queue and worker still allow it: as a statement of its
-- own it sees what was committed before the lock was granted, which the statement that took the lock does not.
create function claim_of_project(
  locked text, wanted_queue text, by_worker uuid, lease interval, wanted_kinds text[], newest_spec_version integer, free_memory bigint)
returns setof job language plpgsql as $$
begin
  return query
  with picked as materialized (
    select j.id from job j
     where j.state = 'QUEUED' and j.queue = wanted_queue and j.project = locked and j.run_at <= now()
       and j.kind = any(wanted_kinds) and j.spec_version <= newest_spec_version
       and (j.memory_bytes is null or j.memory_bytes <= free_memory or not exists (
         select from worker w
          where w.stopped_at is null and w.draining_at is null and w.memory_bytes >= j.memory_bytes
            and w.heartbeat_at > now() - lease))
       and (select count(*) from job r where r.state = 'RUNNING' and r.project = locked)
           < (select p.max_running from project p where p.id = locked)
       and not exists (select from queue q where q.id = wanted_queue and q.paused_at is not null)
       and not exists (select from worker w where w.id = by_worker and w.draining_at is not null)
     order by j.priority, j.run_at, j.id limit 1
       for no key update of j skip locked
  ), claimed as (
    update job j
       set state = 'RUNNING', lease_epoch = j.lease_epoch + 1, worker_id = by_worker, started_at = now(), heartbeat_at = now(),
           lease_expires_at = now() + lease, deadline_at = now() + j.timeout,
           progress = null, progress_seq = 0, progress_at = null,
           error_class = null, error_code = null, error_message = null, error_phase = null
      from picked where j.id = picked.id and j.state = 'QUEUED'
    returning j.*
  ), attempt as (
    insert into job_attempt (job_id, lease_epoch, worker_id, started_at)
    select c.id, c.lease_epoch, by_worker, c.started_at from claimed c
  ), served as (
    update project p set served_at = clock_timestamp() where p.id in (select c.project from claimed c)
  )
  select * from claimed;
end $$;

-- Claims the next job: no row when nothing is due, one without an id when something was and is no longer, so that another call
-- should look again. A job that is known to need more memory than is free is left, as long as a worker lives that has so much at all.
-- Of the projects with due jobs, the one with the fewest running jobs goes first, then by the head of its queue and by who waited longest;
-- one that another claim has locked is passed over, and waited for only when it is the only one left: nobody waits for a second
-- lock, so claims cannot block each other.
create function claim_job(
  wanted_queue text, by_worker uuid, lease interval, wanted_kinds text[], newest_spec_version integer, free_memory bigint)
returns setof job language plpgsql as $$
declare
  candidate text;
  busy text;
  holds_one boolean := false;
begin
  for candidate in
    select p.id from project p
     cross join lateral (select count(*) as jobs from job r where r.state = 'RUNNING' and r.project = p.id) running
     cross join lateral (select j.priority, j.run_at from job j
                          where j.state = 'QUEUED' and j.queue = wanted_queue and j.project = p.id and j.run_at <= now()
                            and j.kind = any(wanted_kinds) and j.spec_version <= newest_spec_version
                            and (j.memory_bytes is null or j.memory_bytes <= free_memory or not exists (
                              select from worker w
                               where w.stopped_at is null and w.draining_at is null and w.memory_bytes >= j.memory_bytes
                                 and w.heartbeat_at > now() - lease))
                          order by j.priority, j.run_at, j.id limit 1) head
     where running.jobs < p.max_running
       and not exists (select from queue q where q.id = wanted_queue and q.paused_at is not null)
     order by running.jobs, head.priority, p.served_at nulls first, head.run_at
  loop
    perform from project p where p.id = candidate for no key update skip locked;
    if not found then
      busy := coalesce(busy, candidate);
      continue;
    end if;
    return query select * from claim_of_project(candidate, wanted_queue, by_worker, lease, wanted_kinds, newest_spec_version, free_memory);
    if found then return; end if;
    holds_one := true;
  end loop;
  if busy is null and not holds_one then return; end if;
  if not holds_one then
    perform from project p where p.id = busy for no key update;
    return query select * from claim_of_project(busy, wanted_queue, by_worker, lease, wanted_kinds, newest_spec_version, free_memory);
    if found then return; end if;
  end if;
  return next null::job;
end $$;
