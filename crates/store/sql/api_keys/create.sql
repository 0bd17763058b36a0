-- api_keys.create
insert into api_key (id, short_id, secret_hash, display_name, project, role, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
