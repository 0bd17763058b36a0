-- claims.beat: any (id, epoch) that does not come back is lost
update job j
   set heartbeat_at = now(),
       lease_expires_at = least(now(), j.deadline_at) + $3::bigint * interval '1 microsecond'
  from unnest($1::uuid[], $2::bigint[]) as held (id, epoch)
 where j.id = held.id and j.lease_epoch = held.epoch and j.state = 'RUNNING'
returning j.id, j.lease_epoch, j.cancel_requested_at is not null as "cancel!",
          (greatest(extract(epoch from j.deadline_at - now()), 0) * 1000000)::bigint as "time_left_micros!"
