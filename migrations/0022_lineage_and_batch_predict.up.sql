-- Curves of an evaluation, which only GetEvaluationCurve reads; unset for evaluations of numbers, and of the versions before.
alter table evaluation add column curves jsonb;
alter table evaluation
  add constraint evaluation_curves_size check (jsonb_typeof(curves) = 'object' and pg_column_size(curves) <= 1048576);

-- When the evaluation that the job had made was deleted: from then on the job goes by its age.
alter table job add column found_deleted_at timestamptz;

-- Which model versions a job names in its spec; none for jobs that name none, such as those that make one. Each cast stands in a case:
-- another kind may have something else under the name.
create function versions_named(job_kind text, job_spec jsonb) returns table (model text, version integer)
language sql stable as $$
  select e ->> 'model', (e ->> 'version')::integer
    from jsonb_array_elements(case when job_kind = 'COMPARE' then job_spec -> 'versions'
                                   when job_kind in ('EVALUATE', 'BATCH_PREDICT') then jsonb_build_array(job_spec -> 'version')
                                   else '[]' end) e
   where e ->> 'model' is not null and e ->> 'version' is not null
   union
  select b.model, b.version
    from (select case when job_kind = 'BACKTEST' then job_spec #>> '{train,model}' end,
                 case when job_kind = 'BACKTEST' then (job_spec ->> 'version')::integer end) b (model, version)
   where b.version is not null
   union
  select v.model, v.version from model_version v where v.job_id = case when job_kind = 'REPRODUCE' then (job_spec ->> 'job')::uuid end
$$;

-- What goes forward from a version: each job that names it. Kept by a trigger alone, as job_label is.
create table job_version (
  project    text collate "C" not null,
  model      text collate "C" not null,
  version    integer not null,
  created_at timestamptz not null,
  job_id     uuid not null,
  constraint job_version_pk primary key (project, model, version, created_at, job_id),
  constraint job_version_job_fk foreign key (job_id) references job (id) on delete cascade
);
create index job_version_job_idx on job_version (job_id);

create function job_version_keep() returns trigger language plpgsql as $$
begin
  insert into job_version (project, model, version, created_at, job_id)
  select new.project, n.model, n.version, new.created_at, new.id from versions_named(new.kind, new.spec) n;
  return null;
end $$;
create trigger job_version_made after insert on job for each row when (new.kind not in ('TRAIN', 'PROBE'))
  execute function job_version_keep();

insert into job_version (project, model, version, created_at, job_id)
  select j.project, n.model, n.version, j.created_at, j.id from job j cross join lateral versions_named(j.kind, j.spec) n
   where j.kind not in ('TRAIN', 'PROBE');

-- Moves of aliases by the versions they name.
create index promotion_from_idx on promotion (project, model, from_version, created_at desc, number desc) where from_version is not null;
create index promotion_to_idx on promotion (project, model, to_version, created_at desc, number desc) where to_version is not null;

-- An evaluation that was deleted needs its job no longer. Predictions that a job made go with it by age: they can be made again.
drop index job_expire_idx;
create index job_expire_idx on job (finished_at, id)
  where finished_at is not null and (state <> 'SUCCEEDED' or kind not in ('TRAIN', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE')
                                     or found_deleted_at is not null);

-- Jobs that say what a model version foresees of all rows of a range. A version of the service before this one goes on as it is: it claims
-- no job of this kind.
alter table job drop constraint job_kind_known;
alter table job
  add constraint job_kind_known
    check (kind in ('TRAIN', 'PROBE', 'REPRODUCE', 'EVALUATE', 'COMPARE', 'BACKTEST', 'TUNE', 'TRIAL', 'BATCH_PREDICT')),
  -- Without a model: by its model a job makes a version.
  add constraint job_batch_predict_complete check (kind <> 'BATCH_PREDICT' or (model is null and source is not null
    and range_start is not null and range_end is not null and horizon is not null));
