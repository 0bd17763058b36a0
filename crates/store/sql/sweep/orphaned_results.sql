-- sweep.orphaned_results: what attempts left behind that ended without it, oldest first. An attempt that has ended stages and
-- finishes nothing any more, so what is an orphan once stays one
select r.id, r.created_at,
       array(select f.storage_key from artifact f where f.result_id = r.id order by f.file_name) as "storage_keys!"
  from result r
 cross join lateral (select a.ended_at from job_attempt a
                      where a.job_id = r.job_id and a.lease_epoch = r.lease_epoch limit 1) attempt
 where r.state <> 'COMMITTED' and r.created_at <= now() - $1::bigint * interval '1 microsecond'
   and attempt.ended_at <= now() - $1::bigint * interval '1 microsecond'
   and r.created_at >= coalesce($2::timestamptz, '-infinity')
   and ($2::timestamptz is null or (r.created_at, r.id) > ($2, $3::uuid))
 order by r.created_at, r.id limit $4
