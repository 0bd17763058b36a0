-- jobs.ahead: those that are due before it, or by the time when it is
select (select count(*) from job a
         where a.queue = j.queue and a.project = j.project and a.state = 'QUEUED'
           and (a.priority, a.run_at, a.id) < (j.priority, j.run_at, j.id)
           and a.run_at <= greatest(now(), j.run_at)) as "ahead!"
  from job j where j.project = $1 and j.id = $2 and j.state = 'QUEUED'
