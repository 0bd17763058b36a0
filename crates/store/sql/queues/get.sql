-- queues.get
select paused_at from queue where id = $1
