-- Lists of jobs stay flat, whatever they are filtered by.
create index job_creator_list_idx on job (project, created_by, created_at desc, id desc);

-- Each label of each job, in the order of lists. A table of its own and no index on job.labels: a job changes its state many
-- times, which would enter its labels anew each time, and its labels hardly ever. Kept by a trigger alone.
create table job_label (
  project    text collate "C" not null,
  key        text collate "C" not null,
  value      text collate "C" not null,
  created_at timestamptz not null,
  job_id     uuid not null,
  constraint job_label_pk primary key (project, key, value, created_at, job_id)
);

create function job_label_keep() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from job_label l using jsonb_each_text(old.labels) e
     where l.project = old.project and l.key = e.key and l.value = e.value and l.created_at = old.created_at and l.job_id = old.id;
  end if;
  if tg_op <> 'DELETE' then
    insert into job_label (project, key, value, created_at, job_id)
    select new.project, e.key, e.value, new.created_at, new.id from jsonb_each_text(new.labels) e;
  end if;
  return null;
end $$;
create trigger job_label_made after insert on job for each row when (new.labels <> '{}') execute function job_label_keep();
create trigger job_label_changed after update of labels on job for each row when (new.labels <> old.labels)
  execute function job_label_keep();
create trigger job_label_gone after delete on job for each row when (old.labels <> '{}') execute function job_label_keep();

insert into job_label (project, key, value, created_at, job_id)
  select j.project, e.key, e.value, j.created_at, j.id from job j cross join jsonb_each_text(j.labels) e where j.labels <> '{}';
