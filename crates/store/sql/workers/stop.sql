-- workers.stop
update worker set draining_at = coalesce(draining_at, now()), stopped_at = coalesce(stopped_at, now()) where id = $1
