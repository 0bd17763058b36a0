-- :jobs jobs in four projects, with what belongs to them, for psql. One a second from 2026-01-01 on; nine of ten ended well.
-- The oldest job, of `ann`, has said 100,000 lines, one in 2,000 of them an error. The oldest forty of the project `default` alone have the label rare=yes and were made by `ann`.
\set ON_ERROR_STOP on
set session_replication_role = replica; -- neither foreign keys nor triggers look at each of the rows
set synchronous_commit = off;
set maintenance_work_mem = '512MB';
insert into project (id, max_queued) select 'p' || n, 100000 from generate_series(1, 3) n;
insert into source (project, id, display_name, schema_name, table_name, entity_column, time_column, bar_interval, duplicate_rule,
                    columns, created_by)
  select p.id, 'candles', 'x', 'x', 'x', 'e', 't', '1 s', 'REFUSE',
         '[{"name": "close", "data_type": "FLOAT", "role": "CLOSE", "unit": ""}]', 'x' from project p;
insert into source_phase (project, source, id, display_name, bar_interval)
  select 'default', 'candles', n, 'phase ' || n, n * interval '1 s' from generate_series(1, 3) n;
create unlogged table made as
  select n, gen_random_uuid() as id, gen_random_uuid() as result, timestamptz '2026-01-01' + n * interval '1 second' as at,
         case n % 10 when 0 then 'p' || (n / 10 % 3 + 1) else 'default' end as project,
         'm' || (n * 1009 % 20000) as model,
         case when n > :jobs - 20 then 'RUNNING' when n > :jobs - 500 then 'QUEUED' when n % 23 = 0 then 'FAILED'
              when n % 29 = 0 then 'CANCELLED' else 'SUCCEEDED' end as state
    from generate_series(1, :jobs) n;
insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by, created_at,
                 labels, state, priority, run_at, event_seq, lease_epoch, started_at, worker_id, heartbeat_at, lease_expires_at,
                 deadline_at, finished_at, result_id, error_code, error_message)
  select id, project, 'default', 'TRAIN', jsonb_build_object('seed', n, 'rest', repeat('x', 400)), 1, model, 'candles', at - interval '30 days', at, '10 min',
         case when n <= 44 then 'ann' else 'key' || n % 100 end, at,
         jsonb_build_object('team', 't' || n % 50, 'run', 'r' || n / 1000)
           || case when n <= 44 then '{"rare": "yes"}' else '{}'::jsonb end,
         state, case when n % 1009 = 0 then 4 else 2 end, at, 3, case state when 'QUEUED' then 0 else 1 end,
         case when state <> 'QUEUED' then at end, case state when 'RUNNING' then gen_random_uuid() end,
         case state when 'RUNNING' then at end, case state when 'RUNNING' then at end, case state when 'RUNNING' then at end,
         case when state in ('SUCCEEDED', 'FAILED', 'CANCELLED') then at end, case state when 'SUCCEEDED' then result end,
         case when state in ('FAILED', 'CANCELLED') then 'POISON' end, case when state in ('FAILED', 'CANCELLED') then 'x' end
    from made order by n;
insert into job_label (project, key, value, created_at, job_id)
  select project, key, value, created_at, id from job cross join jsonb_each_text(labels) order by created_at;
insert into job_attempt (job_id, lease_epoch, worker_id, started_at, ended_at, outcome)
  select id, 1, gen_random_uuid(), at, case when state <> 'RUNNING' then at end, case when state <> 'RUNNING' then state end
    from made where state <> 'QUEUED' order by n;
insert into job_event (job_id, seq, at, lease_epoch, kind, payload)
  select id, s, at, case s when 1 then 0 else 1 end, case s when 3 then 'log' else 'state' end,
         case s when 1 then '{"state": "QUEUED"}' when 2 then '{"state": "RUNNING"}' else '{"severity": "INFO", "message": "x"}' end::jsonb
    from made cross join generate_series(1, 3) s order by n, s;
insert into job_event (job_id, seq, at, lease_epoch, kind, payload)
  select id, s, at + s * interval '1 millisecond', 1, 'log',
         jsonb_build_object('severity', case when s % 2000 = 0 then 'ERROR' else 'INFO' end, 'message', 'line ' || s)
    from made cross join generate_series(4, 100003) s where n = 1;
update job set event_seq = 100003 where id = (select id from made where n = 1);
insert into result (id, job_id, lease_epoch, project, state, committed_at)
  select result, id, 1, project, 'COMMITTED', at from made where state = 'SUCCEEDED' order by n;
insert into artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
  select result, 'model.mlts', result::text, 'a/b', 1, sha256('x') from made where state = 'SUCCEEDED' order by n;
create unlogged table numbered as
  select m.*, row_number() over (partition by project, model order by n) as version from made m where state = 'SUCCEEDED';
insert into model (project, id, display_name, labels, created_at, last_version, version_count, deleted_at, expire_at)
  select project, model, model, case when min(n) % 1000 = 1 then '{"rare": "yes"}' else jsonb_build_object('team', 't' || min(n) % 50) end,
         min(at), max(version), max(version), case when min(n) % 10 = 3 then now() end,
         case when min(n) % 10 = 3 then now() + interval '30 days' end
    from numbered group by project, model;
insert into model_version (project, model, version, job_id, result_id, spec, facts, created_at)
  select project, model, version, id, result, '{}',
         jsonb_build_object('source_fingerprint', repeat('a', 64), 'spec_hash', repeat('b', 64), 'feature_names', '["close"]'::jsonb,
           'rows', '{"read": 100, "warm_up": 0, "positives": 10, "negatives": 90, "unknown": 0, "filtered": 0}'::jsonb,
           'decision_range', '{"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"}'::jsonb,
           'latest_resolve_time', '2026-01-02T00:00:00Z', 'entities', 3, 'threshold', 0.5, 'model_sha256', repeat('c', 64),
           'service_version', '0.1.0'), at
    from numbered order by n;
insert into evaluation (project, model, version, result_id, body, overall, rows, positives)
  select project, model, version, result, '{}', '{"rows": 100, "positives": 10, "roc_auc": 0.7}', 100, 10 from numbered order by n;
drop table made, numbered;
vacuum analyze;
