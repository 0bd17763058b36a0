-- aliases.of_model
select id, version from model_alias where project = $1 and model = $2
