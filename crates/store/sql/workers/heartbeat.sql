-- workers.heartbeat
update worker set heartbeat_at = now() where id = $1 and stopped_at is null
returning draining_at is null as "wanted!"
