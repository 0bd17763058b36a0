-- queue_stats.workers: the workers heard lately, those of them that drain, and the slots of the others
select count(*) as "live!", count(draining_at) as "draining!",
       coalesce(sum(slots) filter (where draining_at is null), 0)::bigint as "slots!"
  from worker
 where stopped_at is null and heartbeat_at > now() - $1::bigint * interval '1 microsecond'
