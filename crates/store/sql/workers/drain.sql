-- workers.drain
update worker set draining_at = coalesce(draining_at, now()) where id = $1
