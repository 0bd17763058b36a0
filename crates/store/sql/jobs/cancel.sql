-- jobs.cancel: a waiting job at once, a running one by the flag
update job
   set state = case state when 'QUEUED' then 'CANCELLED' else state end,
       finished_at = case state when 'QUEUED' then now() end,
       error_class = null,
       error_code = case state when 'QUEUED' then 'CANCELLED' end,
       error_message = case state when 'QUEUED' then cancel_message($3, $4) end,
       error_phase = null,
       cancel_requested_at = now(), cancel_requested_by = $3, cancel_reason = $4
 where project = $1 and id = $2 and state in ('QUEUED', 'RUNNING') and cancel_requested_at is null
   and ($5::bigint is null or revision = $5)
