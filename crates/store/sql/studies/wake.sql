-- studies.wake: studies that wait and whose jobs have all ended go on. One that was tried and failed waits as long as it was told to
with ready as materialized (
  select p.id from job p
   where p.kind = 'TUNE' and p.state = 'QUEUED' and p.run_at > now() and p.lease_epoch > 0 and p.error_code is null
     and not exists (select from job c where c.parent_id = p.id and c.state in ('QUEUED', 'RUNNING'))
   limit $1
     for no key update of p skip locked
)
update job j set run_at = now() from ready r where j.id = r.id
returning j.id
