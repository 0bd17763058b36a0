-- sweep.remove_results: looked at once more behind the lock; their files are gone
with doomed as materialized (
  select r.id from result r
   where r.id = any($1::uuid[]) and r.state <> 'COMMITTED'
     and exists (select from job_attempt a
                  where a.job_id = r.job_id and a.lease_epoch = r.lease_epoch and a.ended_at is not null)
     for update of r skip locked
)
delete from result r using doomed d where r.id = d.id
