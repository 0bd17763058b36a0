-- queues.list
select id, paused_at from queue order by id
