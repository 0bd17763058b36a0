-- projects.update_quota: waits for a claim of the project that is under way
update project set max_running = coalesce($2, max_running), max_queued = coalesce($3, max_queued)
 where id = $1 and ($4::int is null or max_running = $4) and ($5::int is null or max_queued = $5)
