-- models.update
update model
   set display_name = coalesce($3, display_name), description = coalesce($4, description), labels = coalesce($5, labels),
       updated_at = now(), revision = revision + 1
 where project = $1 and id = $2 and deleted_at is null and ($6::bigint is null or revision = $6)
