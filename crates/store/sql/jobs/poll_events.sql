-- jobs.poll_events: for every watched job the events after its own sequence
select e.job_id, e.seq, e.at, e.lease_epoch, e.kind, e.payload,
       case when e.kind = 'state' and e.payload ->> 'state' = 'SUCCEEDED'
            then (select v.version from model_version v where v.job_id = e.job_id) end as version
  from unnest($1::uuid[], $2::bigint[]) as watched (id, seq)
 cross join lateral (select * from job_event i where i.job_id = watched.id and i.seq > watched.seq
                      order by i.seq limit $3) e
