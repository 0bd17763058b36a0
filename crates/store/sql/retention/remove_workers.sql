-- retention.remove_workers: those that said goodbye, and those that vanished without. With both bounds the planner goes by the
-- indexes, whatever the age
with stopped as materialized (
  select id from worker where stopped_at >= '-infinity' and stopped_at <= now() - $1::bigint * interval '1 microsecond'
   order by stopped_at limit $2
     for update skip locked
), vanished as materialized (
  select id from worker where stopped_at is null and heartbeat_at >= '-infinity' and heartbeat_at <= now() - $1::bigint * interval '1 microsecond'
   order by heartbeat_at limit $2
     for update skip locked
)
delete from worker w using (select id from stopped union all select id from vanished) d where w.id = d.id
