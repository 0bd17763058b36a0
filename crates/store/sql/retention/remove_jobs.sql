-- retention.remove_jobs: looked at once more behind the lock; their files are gone. Attempts and events go with the job; a result
-- holds its attempt, so it goes in the same statement
with doomed as materialized (
  select j.id from job j
   where j.id = any($2::uuid[]) and j.finished_at <= now() - $1::bigint * interval '1 microsecond'
     and (j.state <> 'SUCCEEDED' or j.kind not in ('COMPARE', 'BACKTEST', 'TUNE'))
     and not exists (select from model_version v where v.job_id = j.id)
     and not exists (select from result r where r.job_id = j.id
                        and (r.state <> 'COMMITTED' or exists (select from evaluation e where e.result_id = r.id)))
     for update of j skip locked
), results as (
  delete from result r using doomed d where r.job_id = d.id
)
delete from job j using doomed d where j.id = d.id
