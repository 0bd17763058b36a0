-- models.delete
update model set deleted_at = now(), expire_at = now() + interval '30 days', updated_at = now(), revision = revision + 1
 where project = $1 and id = $2 and deleted_at is null and ($3::bigint is null or revision = $3)
