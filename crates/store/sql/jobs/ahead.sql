-- jobs.ahead
select (select count(*) from job a
         where a.queue = j.queue and a.project = j.project and a.state = 'QUEUED'
           and (a.priority, a.run_at, a.id) < (j.priority, j.run_at, j.id)) as "ahead!"
  from job j where j.project = $1 and j.id = $2 and j.state = 'QUEUED'
