-- queues.pause: tells whether that changed anything
with was as materialized (select id, paused_at from queue where id = $1 for update)
update queue q set paused_at = coalesce(was.paused_at, now()) from was where q.id = was.id
returning q.id, q.paused_at, was.paused_at is null as "is_changed!"
