-- queue_stats.overview: all jobs that have not ended, by kind; for metrics, never for a caller. Each half goes by an index that holds such
-- jobs alone
select kind as "kind!", state as "state!", run_at > now() as "scheduled!", count(*) as "jobs!",
       (extract(epoch from now() - min(run_at)) * 1000000)::bigint as "oldest_micros!"
  from (select kind, state, run_at from job where state = 'QUEUED'
        union all
        select kind, state, run_at from job where state = 'RUNNING') open
 group by 1, 2, 3 order by 1, 2, 3
