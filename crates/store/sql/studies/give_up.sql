-- studies.give_up: what still waits gets no score. Of a job that ended badly its trials have failed; of one that has not ended, or that its
-- study has stopped, they are skipped, and it is asked to stop
with children as materialized (
  select id, error_code, error_message,
         state in ('QUEUED', 'RUNNING') as open, state in ('QUEUED', 'RUNNING') or coalesce(cancel_requested_by = 'its study', false) as cut
    from job where parent_id = $1 order by id for no key update
), stopped as (
  update job c
     set state = case c.state when 'QUEUED' then 'CANCELLED' else c.state end,
         finished_at = case c.state when 'QUEUED' then now() end,
         error_class = null,
         error_code = case c.state when 'QUEUED' then 'CANCELLED' end,
         error_message = case c.state when 'QUEUED' then cancel_message('its study', 'the time of the search is over') end,
         error_phase = null,
         cancel_requested_at = now(), cancel_requested_by = 'its study', cancel_reason = 'the time of the search is over'
    from children h where c.id = h.id and h.open and c.cancel_requested_at is null
)
update trial t
   set state = case when j.cut then 'SKIPPED' else 'FAILED' end,
       error_code = case when j.cut then null else coalesce(j.error_code, 'INTERNAL') end,
       error_message = case when j.cut then null
                            else coalesce(j.error_message, 'the job of the trial ended without its score') end,
       finished_at = now()
  from trial w left join children j on j.id = w.job_id
 where t.study_id = $1 and t.state = 'WAITING' and w.study_id = t.study_id and w.rung = t.rung and w.number = t.number
