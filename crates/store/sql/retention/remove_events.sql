-- retention.remove_events: of jobs that ended long ago, oldest first. The share of the job's lock keeps a retry from making it
-- wait again meanwhile. With both bounds the planner goes by job_event_at_idx, whatever the age
with doomed as materialized (
  select e.job_id, e.seq from job_event e join job j on j.id = e.job_id
   where e.at >= '-infinity' and e.at <= now() - $1::bigint * interval '1 microsecond'
     and j.finished_at <= now() - $1::bigint * interval '1 microsecond'
   order by e.at limit $2
     for update of e skip locked for share of j skip locked
)
delete from job_event e using doomed d where e.job_id = d.job_id and e.seq = d.seq
