-- workers.drain: tells whether that changed anything
with was as materialized (select id, draining_at from worker where id = $1 for update)
update worker w set draining_at = coalesce(was.draining_at, now()) from was where w.id = was.id
returning w.id, w.hostname, w.version, w.slots, w.memory_bytes, w.started_at, w.heartbeat_at, w.draining_at, w.stopped_at,
          (extract(epoch from now() - w.heartbeat_at) * 1000000)::bigint as "silent_micros!", was.draining_at is null as "is_changed!"
