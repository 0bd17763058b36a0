-- projects.set_quota
update project set max_running = $2, max_queued = $3 where id = $1
returning id, max_running, max_queued, created_at
