-- queues.pause
update queue set paused_at = coalesce(paused_at, now()) where id = $1 returning id, paused_at
