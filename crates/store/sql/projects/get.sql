-- projects.get
select id, max_running, max_queued, created_at from project where id = $1
