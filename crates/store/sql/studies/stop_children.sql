-- studies.stop_children: jobs of studies that have ended, are asked to stop, or whose time is over: that frees the slots in which these
-- go on. One that another statement holds at this moment is
-- passed over: who calls comes back for it
with left_over as materialized (
  select c.id from job c join job p on p.id = c.parent_id
   where c.parent_id is not null and c.state in ('QUEUED', 'RUNNING') and c.cancel_requested_at is null
     and (p.finished_at is not null or p.cancel_requested_at is not null
          or (select min(t.created_at) from trial t where t.study_id = p.id)
             + (p.spec ->> 'max_duration')::bigint * interval '1 microsecond' <= now())
   limit $1
     for no key update of c skip locked
)
update job c
   set state = case c.state when 'QUEUED' then 'CANCELLED' else c.state end,
       finished_at = case c.state when 'QUEUED' then now() end,
       error_class = null,
       error_code = case c.state when 'QUEUED' then 'CANCELLED' end,
       error_message = case c.state when 'QUEUED' then cancel_message('its study', 'the search has ended') end,
       error_phase = null,
       cancel_requested_at = now(), cancel_requested_by = 'its study', cancel_reason = 'the search has ended'
  from left_over l where c.id = l.id
returning c.id
