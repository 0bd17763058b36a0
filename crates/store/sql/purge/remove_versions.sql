-- purge.remove_versions: of the jobs $1, whose files are gone, as far as all of a version's jobs are among $2; looked at once more behind
-- the lock of the model. A version goes with its evaluations, their jobs, and the moves of aliases that name it; which jobs named it is
-- forgotten, since the next version of its name is another one
with doomed as materialized (
  select v.project, v.model, v.version, v.result_id from model_version v
    join model m on m.project = v.project and m.id = v.model
   where v.job_id = any($1::uuid[]) and m.expire_at <= now()
     and not exists (
       select from (select v.result_id union
                    select e.result_id from evaluation e
                     where e.project = v.project and e.model = v.model and e.version = v.version) made (result_id)
         join result r on r.id = made.result_id
        where r.job_id <> all($2::uuid[])
           or exists (select from result o where o.job_id = r.job_id and o.state <> 'COMMITTED'))
     for update of m skip locked
), evaluations as (
  delete from evaluation e using doomed d
   where e.project = d.project and e.model = d.model and e.version = d.version returning e.result_id
), aliases as (
  delete from model_alias a using doomed d where a.project = d.project and a.model = d.model and a.version = d.version
), moves as (
  delete from promotion p using doomed d
   where p.project = d.project and p.model = d.model and (p.from_version = d.version or p.to_version = d.version)
), named as (
  delete from job_version n using doomed d where n.project = d.project and n.model = d.model and n.version = d.version
), versions as (
  delete from model_version v using doomed d
   where v.project = d.project and v.model = d.model and v.version = d.version returning v.job_id
), results as (
  delete from result r using (select result_id from doomed union select result_id from evaluations) g
   where r.id = g.result_id returning r.job_id
), jobs as (
  delete from job j using results r where j.id = r.job_id
)
select count(*) as "count!" from versions
