-- workers.list: those that have not said goodbye
select id, hostname, version, slots, memory_bytes, started_at, heartbeat_at, draining_at, stopped_at,
       (extract(epoch from now() - heartbeat_at) * 1000000)::bigint as "silent_micros!"
  from worker
 where stopped_at is null and ($1::timestamptz is null or (started_at, id) < ($1, $2::uuid))
 order by started_at desc, id desc limit $3
