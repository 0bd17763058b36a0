-- retention.remove_events_of: of jobs that are about to be removed, so that their own removal is short
with doomed as materialized (
  select e.job_id, e.seq from job_event e join job j on j.id = e.job_id
   where e.job_id = any($2::uuid[]) and j.finished_at <= now() - $1::bigint * interval '1 microsecond'
   limit $3
     for update of e skip locked for share of j skip locked
)
delete from job_event e using doomed d where e.job_id = d.job_id and e.seq = d.seq
