-- retention.expired_jobs: a page of final jobs that are old enough, those that ended first first, and whether nothing needs them: no
-- model version and no evaluation goes back to them, and no orphaned result waits for the sweep
with page as materialized (
  select j.id, j.project, j.finished_at from job j
   where j.finished_at is not null and (j.state <> 'SUCCEEDED' or j.kind not in ('TRAIN', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE')) -- as job_expire_idx says
     and j.finished_at <= now() - $1::bigint * interval '1 microsecond'
     and j.finished_at >= coalesce($2::timestamptz, '-infinity')
     and ($2::timestamptz is null or (j.finished_at, j.id) > ($2, $3::uuid))
   order by j.finished_at, j.id limit $4
)
select p.id, p.project, p.finished_at as "finished_at!", version.job_id is null and needed.id is null as "removable!",
       array(select f.storage_key from result r join artifact f on f.result_id = r.id where r.job_id = p.id) as "storage_keys!"
  from page p
  left join lateral (select v.job_id from model_version v where v.job_id = p.id limit 1) version on true
  left join lateral (select r.id from result r where r.job_id = p.id
                        and (r.state <> 'COMMITTED' or exists (select from evaluation e where e.result_id = r.id))
                      limit 1) needed on true
 order by p.finished_at, p.id
