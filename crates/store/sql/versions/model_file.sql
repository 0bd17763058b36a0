-- versions.model_file: what it takes to use a version; no row when its model is deleted
select v.spec, a.storage_key as "storage_key?", a.sha256 as "sha256?", a.size_bytes as "size_bytes?"
  from model m
  join model_version v on v.project = m.project and v.model = m.id and v.version = $3
  left join result r on r.id = v.result_id and r.state = 'COMMITTED'
  left join artifact a on a.result_id = r.id and a.file_name = 'model.mlts'
 where m.project = $1 and m.id = $2 and m.deleted_at is null
