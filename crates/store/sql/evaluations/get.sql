-- evaluations.get
select e.model, e.version, r.job_id, e.body, v.facts -> 'feature_names' as features, e.created_at
  from evaluation e
  join result r on r.id = e.result_id
  join model_version v on v.project = e.project and v.model = e.model and v.version = e.version
 where e.id = $2 and e.project = $1
