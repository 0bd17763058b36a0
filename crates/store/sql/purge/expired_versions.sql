-- purge.expired_versions: versions of models that can no longer be undeleted, and for each the jobs that made it and its evaluations,
-- with their files. A job with an orphaned result waits for the sweep, and its version with it
with page as materialized (
  select v.project, v.model, v.version, v.job_id, v.result_id from model m
    join model_version v on v.project = m.project and v.model = m.id
   where m.expire_at >= '-infinity' and m.expire_at <= now()
   order by m.expire_at, m.project, m.id, v.version limit $1
)
select p.job_id as version_job, r.job_id, p.project,
       array(select f.storage_key from artifact f where f.result_id = r.id) as "storage_keys!"
  from page p
 cross join lateral (select p.result_id union
                     select e.result_id from evaluation e
                      where e.project = p.project and e.model = p.model and e.version = p.version) made (result_id)
  join result r on r.id = made.result_id
 order by p.job_id, r.job_id
