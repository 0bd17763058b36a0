-- Jobs that may be removed by age: a training that SUCCEEDED never is, since its model version goes back to it.
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind <> 'TRAIN');
-- It served retention and would lead it over every job that is kept.
drop index job_final_idx;
-- Workers that said goodbye, by when they did.
create index worker_stopped_idx on worker (stopped_at) where stopped_at is not null;
