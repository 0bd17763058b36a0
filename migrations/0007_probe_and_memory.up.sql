-- Jobs that do what a test of the service asks for, and the memory that decides which worker can take a job.
alter table job add column memory_bytes bigint;
alter table job drop constraint job_kind_known;
alter table job
  add constraint job_kind_known check (kind in ('TRAIN', 'PROBE')),
  add constraint job_probe_bare check (kind <> 'PROBE' or (model is null and source is null
    and range_start is null and range_end is null and horizon is null)),
  add constraint job_memory_bytes_positive check (memory_bytes > 0);

-- What its jobs may take together; unset for a worker of an earlier version, which is then never counted on.
alter table worker add column memory_bytes bigint;
alter table worker add constraint worker_memory_bytes_positive check (memory_bytes > 0);
