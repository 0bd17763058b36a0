-- retention.remove_audit_events: the oldest first. The trigger of the table refuses what is younger than 30 days
delete from audit_event where id = any(array(
  select id from audit_event where created_at < now() - $1::bigint * interval '1 microsecond'
   order by created_at, id limit $2
     for update skip locked
))
