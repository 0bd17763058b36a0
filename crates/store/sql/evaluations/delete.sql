-- evaluations.delete: unless a training made it: that one is what its version is worth, and what promotions were judged by. Its job goes
-- by its age from now on. Tells what forbids it
with found as materialized (
  select e.id, e.project, e.model, e.version, r.job_id, v.result_id = e.result_id as of_training
    from evaluation e
    join result r on r.id = e.result_id
    join model_version v on v.project = e.project and v.model = e.model and v.version = e.version
   where e.id = $2 and e.project = $1
     for update of e
), gone as (
  delete from evaluation e using found f where e.id = f.id and not f.of_training
), freed as (
  update job j set found_deleted_at = now() from found f where j.id = f.job_id and not f.of_training
)
select f.model, f.version, f.job_id, f.of_training as "is_of_training!",
       array(select a.id from model_alias a
              where a.project = f.project and a.model = f.model and a.version = f.version order by a.id) as "aliases!",
       (select count(*) from promotion p
         where p.project = f.project and p.model = f.model and p.to_version = f.version and p.conditions <> '[]') as "promotions!"
  from found f
