-- queue_stats.depth: the jobs of a project in a queue that have not ended, by state and priority
select state, priority, run_at > now() as "scheduled!", lease_epoch > 0 as "tried!",
       cancel_requested_at is not null as "cancelling!", count(*) as "jobs!",
       (extract(epoch from now() - min(run_at)) * 1000000)::bigint as "oldest_micros!"
  from job
 where project = $1 and queue = $2 and state in ('QUEUED', 'RUNNING')
 group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
