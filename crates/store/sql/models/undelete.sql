-- models.undelete
update model set deleted_at = null, expire_at = null, updated_at = now(), revision = revision + 1
 where project = $1 and id = $2 and expire_at > now() and ($3::bigint is null or revision = $3)
