-- studies.record: what a trial has come to, once; nothing when the study has given it up
with held as materialized (
  select id, parent_id from job where id = $1 and lease_epoch = $2 and state = 'RUNNING' for share
), recorded as (
  update trial t
     set state = case when $5::float8 is null then 'FAILED' else 'SUCCEEDED' end,
         score = $5, score_low = $6, score_high = $7, cpu_seconds = $8, error_code = $9, error_message = left($10, 8192),
         finished_at = now()
    from held h
   where t.study_id = h.parent_id and t.rung = $3 and t.number = $4 and t.job_id = h.id and t.state = 'WAITING'
  returning t.number
)
select exists (select from held) as "held!", exists (select from recorded) as "recorded!"
