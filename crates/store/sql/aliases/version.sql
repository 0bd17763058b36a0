-- aliases.version: the version that an alias holds now
select version from model_alias where project = $1 and model = $2 and id = $3
