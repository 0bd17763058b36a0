-- queue_stats.capacity: whether a queue is open, what a project may run, who could run it, and how long its jobs took lately
select q.paused_at, p.max_running, p.max_queued, w.live as "live!", w.draining as "draining!", w.slots as "slots!",
       o.running as "others_running!", o.projects as "other_projects!", d.micros as mean_run_micros
  from queue q
  join project p on p.id = $1
 cross join lateral (select count(*) as live, count(draining_at) as draining,
                            coalesce(sum(slots) filter (where draining_at is null), 0)::bigint as slots
                       from worker
                      where stopped_at is null and heartbeat_at > now() - $3::bigint * interval '1 microsecond') w
 cross join lateral (select count(*) as running, count(distinct r.project) as projects
                       from job r where r.state = 'RUNNING' and r.project <> $1) o
 cross join lateral (select (avg(extract(epoch from l.finished_at - l.started_at)) * 1000000)::bigint as micros
                       from (select queue, started_at, finished_at from job
                              where project = $1 and state = 'SUCCEEDED' order by created_at desc, id desc limit 50) l
                      where l.queue = $2 and l.finished_at > now() - interval '1 day') d
 where q.id = $2
