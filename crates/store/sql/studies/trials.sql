-- studies.trials: of a study, rung by rung
select t.rung, t.number, t.parameters, t.score, t.score_low, t.score_high, t.cpu_seconds, t.error_code, t.error_message,
       case when t.state = 'WAITING' and j.state = 'RUNNING' then 'RUNNING' else t.state end as "state!"
  from trial t left join job j on j.id = t.job_id
 where t.study_id = $1
 order by t.rung, t.number
