drop index worker_stopped_idx;
create index job_final_idx on job (finished_at) where finished_at is not null;
drop index job_expire_idx;
