-- workers.heartbeat
update worker set heartbeat_at = now() where id = $1
returning draining_at is null and stopped_at is null as "wanted!"
