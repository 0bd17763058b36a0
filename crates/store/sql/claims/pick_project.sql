-- claims.pick_project: the project that goes next, locked until its job is claimed; one that another worker locks is passed over; so is a
-- job that needs more memory than is free ($4), while a worker lives that has as much at all
select p.id from project p
 cross join lateral (select count(*) as jobs from job r where r.state = 'RUNNING' and r.project = p.id) running
 cross join lateral (select j.priority, j.run_at from job j
                      where j.state = 'QUEUED' and j.queue = $1 and j.project = p.id and j.run_at <= now()
                        and j.kind = any($2::text[]) and j.spec_version <= $3
                        and (j.memory_bytes is null or j.memory_bytes <= $4 or not exists (
                          select from worker w
                           where w.stopped_at is null and w.draining_at is null and w.memory_bytes >= j.memory_bytes
                             and w.heartbeat_at > now() - $5::bigint * interval '1 microsecond'))
                      order by j.priority, j.run_at, j.id limit 1) head
 where running.jobs < p.max_running
   and not exists (select from queue q where q.id = $1 and q.paused_at is not null)
 order by running.jobs, head.priority, p.served_at nulls first, head.run_at limit 1
   for no key update of p skip locked
