-- versions.list
select v.project, v.model, v.version, v.job_id, v.result_id, case when $5::bool then v.spec end as spec, v.facts,
       case when $5 then e.body end as evaluation, e.overall, v.created_at,
       array(select a.id from model_alias a
              where a.project = v.project and a.model = v.model and a.version = v.version order by a.id) as "aliases!"
  from model_version v join evaluation e on e.result_id = v.result_id
 where v.project = $1 and v.model = $2 and v.version < coalesce($3, 2147483647)
 order by v.version desc limit $4
