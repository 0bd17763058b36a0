-- aliases.lock: one move of an alias at a time; who waited sees what was committed before
select revision, deleted_at is not null as "is_deleted!" from model where project = $1 and id = $2 for update
