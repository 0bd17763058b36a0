-- jobs.logs: log lines of a job after a sequence. Looks at 2000 lines at most; when too few of them pass, the last row says where it stopped
(select seq as "seq!", at as "at!", lease_epoch as "lease_epoch!", payload ->> 'severity' as severity, payload ->> 'message' as message,
        true as "passes!"
   from (select seq, at, lease_epoch, payload from job_event
          where job_id = $1 and kind = 'log' and seq > $2 order by seq limit 2000) seen
  where ($3::bigint is null or lease_epoch = $3)
    and payload ->> 'severity' = any($4::text[])
    and at >= coalesce($5, '-infinity'::timestamptz)
  order by seq limit $6)
 union all
(select seq, at, lease_epoch, null, null, false from job_event
  where job_id = $1 and kind = 'log' and seq > $2 order by seq offset 1999 limit 1)
 order by 1
