-- studies.progress: of some studies, how many points are tried, how many of them have a score, and since when
select t.study_id, count(distinct t.number) as "trials!",
       count(distinct t.number) filter (where t.state = 'SUCCEEDED') as "scored!", min(t.created_at) as "started_at!"
  from trial t
 where t.study_id = any($1::uuid[])
 group by t.study_id
