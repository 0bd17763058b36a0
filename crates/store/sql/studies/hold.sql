-- studies.hold: keeps a cancel away until the study is parked
select cancel_requested_at is not null as "cancelled!" from job
 where id = $1 and lease_epoch = $2 and state = 'RUNNING'
   for no key update
