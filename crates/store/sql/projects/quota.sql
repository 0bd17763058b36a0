-- projects.quota
select p.id, p.max_running, p.max_queued,
       (select count(*) from job r where r.state = 'RUNNING' and r.project = p.id) as "running!",
       (select count(*) from job q where q.state = 'QUEUED' and q.project = p.id) as "queued!"
  from project p where p.id = $1
