-- queues.resume
update queue set paused_at = null where id = $1 returning id, paused_at
