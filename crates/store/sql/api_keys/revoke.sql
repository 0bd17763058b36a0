-- api_keys.revoke
update api_key set revoked_at = now() where project = $1 and short_id = $2 and revoked_at is null
