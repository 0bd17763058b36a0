-- workers.largest: those that drain or have stopped count as well, since they will have a successor
select coalesce(max(memory_bytes), 0) as "largest!" from worker
 where heartbeat_at > now() - $1::bigint * interval '1 microsecond'
