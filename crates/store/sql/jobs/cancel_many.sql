-- jobs.cancel_many: what jobs.cancel does, for many. A job that another statement holds at this moment is passed over, so that the
-- two cannot wait for each other; who calls comes back for it
with held as materialized (
  select id, cancel_requested_at is null as is_new from job
   where project = $1 and id = any($2::uuid[]) and state in ('QUEUED', 'RUNNING')
   order by id for no key update skip locked
), cancelled as (
  update job j
     set state = case j.state when 'QUEUED' then 'CANCELLED' else j.state end,
         finished_at = case j.state when 'QUEUED' then now() end,
         error_class = null,
         error_code = case j.state when 'QUEUED' then 'CANCELLED' end,
         error_message = case j.state when 'QUEUED' then cancel_message($3, $4) end,
         error_phase = null,
         cancel_requested_at = coalesce(j.cancel_requested_at, now()),
         cancel_requested_by = coalesce(j.cancel_requested_by, $3),
         cancel_reason = coalesce(j.cancel_reason, $4)
    from held h where j.id = h.id
  returning j.id, j.state, h.is_new
)
select id, state, is_new as "is_new!" from cancelled
