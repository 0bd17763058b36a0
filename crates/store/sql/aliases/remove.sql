-- aliases.remove
delete from model_alias where project = $1 and model = $2 and id = $3
