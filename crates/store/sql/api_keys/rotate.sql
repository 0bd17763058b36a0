-- api_keys.rotate: the secret up to now is the one before, and good for so many microseconds more; what was the one before ends
update api_key
   set previous_secret_hash = secret_hash, previous_expires_at = now() + $4::bigint * interval '1 microsecond',
       secret_hash = $3, rotated_at = now()
 where project = $1 and short_id = $2 and revoked_at is null and (expires_at is null or expires_at > now())
