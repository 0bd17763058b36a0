-- workers.drain
update worker set draining_at = coalesce(draining_at, now()) where id = $1
returning id, hostname, version, slots, memory_bytes, started_at, heartbeat_at, draining_at, stopped_at,
          (extract(epoch from now() - heartbeat_at) * 1000000)::bigint as "silent_micros!"
