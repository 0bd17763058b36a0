-- evaluations.get: whole, in the order of the ids
select e.id, e.model, e.version, r.job_id, e.body, v.facts -> 'feature_names' as features, e.created_at
  from unnest($2::uuid[]) with ordinality as wanted (id, place)
  join evaluation e on e.id = wanted.id and e.project = $1
  join result r on r.id = e.result_id
  join model_version v on v.project = e.project and v.model = e.model and v.version = e.version
 order by wanted.place
