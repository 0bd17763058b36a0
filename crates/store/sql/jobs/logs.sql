-- jobs.logs: log lines of a job after a sequence
select seq, at, lease_epoch, payload ->> 'severity' as "severity!", payload ->> 'message' as "message!"
  from job_event
 where job_id = $1 and kind = 'log' and seq > $2
   and ($3::bigint is null or lease_epoch = $3)
   and payload ->> 'severity' = any($4::text[])
   and at >= coalesce($5, '-infinity'::timestamptz)
 order by seq limit $6
