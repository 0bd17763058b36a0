-- api_keys.list: newest first
select id, short_id, secret_hash, display_name, project, role, created_by, created_at, expires_at, revoked_at, last_used_at, rotated_at,
       previous_secret_hash, previous_expires_at, coalesce(previous_expires_at > now(), false) as "is_previous_live!",
       (revoked_at is null and (expires_at is null or expires_at > now())) as "is_live!", false as "note_use!"
  from api_key
 where project = $1
   and (created_at, id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
 order by created_at desc, id desc limit $4
