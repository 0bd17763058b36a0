-- aliases.touch: what is remembered of the model is old now
update model set updated_at = now(), revision = revision + 1 where project = $1 and id = $2
