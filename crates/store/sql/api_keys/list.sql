-- api_keys.list
select id, short_id, secret_hash, display_name, project, role, created_by, created_at, expires_at, revoked_at, last_used_at,
       (revoked_at is null and (expires_at is null or expires_at > now())) as "is_live!", false as "note_use!"
  from api_key where project = $1 order by created_at desc, id desc limit 1000
