-- claims.in_name: what runs in the name of a worker, whether it knows or not
select id, lease_epoch from job where state = 'RUNNING' and worker_id = $1
