-- queue_stats.overview: all jobs that have not ended, by kind, and the workers heard lately; for metrics, never for a caller
select kind as "kind!", state as "state!", run_at > now() as "scheduled!", count(*) as "jobs!",
       (extract(epoch from now() - min(run_at)) * 1000000)::bigint as "oldest_micros!"
  from job
 where state in ('QUEUED', 'RUNNING')
 group by 1, 2, 3 order by 1, 2, 3
