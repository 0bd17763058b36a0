-- queues.resume: tells whether that changed anything
with was as materialized (select id, paused_at from queue where id = $1 for update)
update queue q set paused_at = null from was where q.id = was.id
returning q.id, was.paused_at is not null as "is_changed!"
