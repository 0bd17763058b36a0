-- 100,000 jobs and what belongs to them, 100,000 models.
insert into project (id, max_running) select 'p' || n, 100 from generate_series(1, 20) n;
insert into source (project, id, display_name, schema_name, table_name, entity_column, time_column, bar_interval, duplicate_rule, columns, created_by)
  select 'default', 's' || n, 'x', 'x', 'x', 'e', 't', '1 s', 'REFUSE', '[{}]', 'x' from generate_series(1, 2000) n;
insert into source (project, id, display_name, schema_name, table_name, entity_column, time_column, bar_interval, duplicate_rule, columns, created_by)
  select p.id, 'candles', 'x', 'x', 'x', 'e', 't', '1 s', 'REFUSE', '[{}]', 'x' from project p;
insert into api_key (id, short_id, secret_hash, display_name, project, role, created_by)
  select gen_random_uuid(), 'key' || lpad(n::text, 8, '0'), sha256('x'), 'x', 'default', 'viewer', 'x' from generate_series(1, 5000) n;
insert into worker (id, hostname, version, slots, stopped_at)
  select gen_random_uuid(), 'h', '1', 1, case when n > 50 then now() end from generate_series(1, 5000) n;
create temp table made as
  select case n when 100000 then '00000000-0000-7000-8000-000000000001' else gen_random_uuid() end as id, gen_random_uuid() as result, n, timestamptz '2026-01-01' + n * interval '1 second' as at,
         case when n % 10 = 0 then 'p' || (n / 10 % 20 + 1) else 'default' end as project,
         case when n > 99900 then 'RUNNING' when n > 97000 then 'QUEUED' when n % 7 = 0 then 'FAILED' else 'SUCCEEDED' end as state
    from generate_series(1, 100000) n;
begin;
insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by, created_at, labels, state,
                 run_at, event_seq, lease_epoch, started_at, worker_id, heartbeat_at, lease_expires_at, deadline_at, finished_at, result_id,
                 error_code, error_message)
  select id, project, 'default', 'TRAIN', '{"seed": 1}', 1, 'm' || n % 1000, 'candles', at, at + interval '1 day', '10 min', 'k' || n % 100, at,
         case when n % 5 = 0 then jsonb_build_object('team', 't' || n % 50) else '{}' end, state,
         at, 3, case state when 'QUEUED' then 0 else 1 end, case when state <> 'QUEUED' then at end,
         case state when 'RUNNING' then gen_random_uuid() end, case state when 'RUNNING' then at end,
         case state when 'RUNNING' then at end, case state when 'RUNNING' then at end,
         case when state in ('SUCCEEDED', 'FAILED') then at end, case state when 'SUCCEEDED' then result end,
         case state when 'FAILED' then 'POISON' end, case state when 'FAILED' then 'x' end
    from made;
insert into job_attempt (job_id, lease_epoch, worker_id, started_at) select id, 1, gen_random_uuid(), at from made where state <> 'QUEUED';
insert into job_event (job_id, seq, at, lease_epoch, kind, payload)
  select id, s, at, 1, case s when 1 then 'log' else 'progress' end, '{}' from made cross join generate_series(1, 2) s;
insert into result (id, job_id, lease_epoch, project, state, committed_at)
  select result, id, 1, project, 'COMMITTED', at from made where state = 'SUCCEEDED';
commit;
insert into artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
  select result, 'model.mlts', result::text, 'a/b', 1, sha256('x') from made where state = 'SUCCEEDED';
insert into model (project, id, display_name, created_at, last_version, version_count, deleted_at, expire_at)
  select 'default', 'm' || n, 'x', timestamptz '2026-01-01' + n * interval '1 second', 1, 1, case when n % 10 = 0 then now() end,
         case when n % 10 = 0 then now() + interval '30 days' end from generate_series(1, 100000) n;
insert into model_version (project, model, version, job_id, result_id, spec, facts)
  select 'default', 'm' || n, 1, id, result, '{}', jsonb_build_object('rows', 1, 'source_fingerprint', repeat('a', 64), 'model_sha256', repeat('b', 64))
    from made where state = 'SUCCEEDED';
insert into evaluation (project, model, version, result_id, body, overall, rows, positives)
  select 'default', 'm' || n, 1, result, '{}', '{}', n, 1 from made where state = 'SUCCEEDED';
insert into model_alias (project, model, id, version) select project, model, 'champion', version from model_version;
insert into promotion (project, model, number, alias, to_version, created_by)
  select v.project, v.model, n, 'champion', 1, 'x' from model_version v cross join generate_series(1, 3) n where right(v.model, 1) = '5';
insert into job_version (project, model, version, created_at, job_id) select 'default', 'm' || n % 5000, 1, at, id from made;
insert into trial (study_id, rung, number, job_id, parameters) select id, 0, 1, id, '{}' from made;
insert into audit_event (created_at, caller_key, method, resource, project, outcome)
  select timestamptz '2026-01-01' + n * interval '1 second', 'k', 'm', 'projects/default/models/m' || n % 5000, 'default', 'CHANGED' from generate_series(1, 100000) n;
analyze;
