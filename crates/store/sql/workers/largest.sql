-- workers.largest
select coalesce(max(memory_bytes), 0) as "largest!" from worker
 where stopped_at is null and draining_at is null and heartbeat_at > now() - $1::bigint * interval '1 microsecond'
