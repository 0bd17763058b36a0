-- lineage.version: where a version comes from, also of a deleted model
select v.job_id, v.spec, v.facts, v.created_at, e.id as evaluation, j.created_by, j.created_at as asked_at, j.lease_epoch, j.request_id,
       array(select a.id from model_alias a
              where a.project = v.project and a.model = v.model and a.version = v.version order by a.id) as "aliases!"
  from model_version v
  join job j on j.id = v.job_id
  join evaluation e on e.result_id = v.result_id
 where v.project = $1 and v.model = $2 and v.version = $3
