-- sweep.judge_files: an attempt that has ended stages nothing any more: a file of it that has no row now never gets one
select f.place as "place!", attempt.job_id is not null as "known!", attempt.ended_at is not null as "ended!",
       artifact.storage_key is not null as "named!"
  from unnest($1::text[], $2::uuid[], $3::bigint[]) with ordinality as f (storage_key, job_id, lease_epoch, place)
  left join lateral (select a.job_id, a.ended_at from job_attempt a
                      where a.job_id = f.job_id and a.lease_epoch = f.lease_epoch limit 1) attempt on true
  left join lateral (select x.storage_key from artifact x where x.storage_key = f.storage_key limit 1) artifact on true
 order by f.place
