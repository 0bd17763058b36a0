-- aliases.promotions: newest first
select number, alias, from_version, to_version, conditions, created_by, created_at from promotion
 where project = $1 and model = $2 and number < coalesce($3, 2147483647)
 order by number desc limit $4
