-- workers.list_live
select id, hostname, version, slots, memory_bytes, started_at, heartbeat_at, draining_at
  from worker where stopped_at is null order by heartbeat_at desc limit 10000
