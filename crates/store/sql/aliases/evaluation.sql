-- aliases.evaluation: what a version is judged by, that of its own training
select e.body from model_version v join evaluation e on e.result_id = v.result_id
 where v.project = $1 and v.model = $2 and v.version = $3
