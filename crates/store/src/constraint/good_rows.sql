-- One valid row of everything: a waiting job 1, a running job 2, a succeeded job 3 with its result 13, model and version.
insert into source (project, id, uid, display_name, schema_name, table_name, entity_column, time_column, phase_column, bar_interval,
                    duplicate_rule, columns, idempotency_key, request_hash, created_by)
values ('default', 'candles', '00000000-0000-7000-8000-0000000000aa', 'Candles', 'public', 'candles', 'symbol', 'at', 'phase', '5 min',
        'REFUSE', '[{"name": "close"}]', '00000000-0000-7000-8000-0000000000ab', sha256('a'), 'test');
insert into source_phase (project, source, id, display_name, bar_interval) values ('default', 'candles', 1, 'one', '5 s');
insert into source_context (project, source, name, context_source, entity, availability_delay, max_age)
values ('default', 'candles', 'market', 'candles', 'BTC', '0', '1 min');
insert into api_key (id, short_id, secret_hash, display_name, project, role, created_by, expires_at)
values ('00000000-0000-7000-8000-0000000000ac', 'abcdef12', sha256('a'), 'key', 'default', 'viewer', 'test', now() + interval '1 day');
insert into worker (id, hostname, version, slots) values ('00000000-0000-7000-8000-0000000000ad', 'host', '0.1.0', 1);
insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, idempotency_key, request_hash,
                 request_id, traceparent, created_by, labels)
select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'default', 'default', 'TRAIN', '{}', 1, 'pump', 'candles', now(), now() + interval '1 day',
       '10 min', ('00000000-0000-7000-8000-0000000000b' || n)::uuid, sha256('a'), 'req',
       '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'test', '{"team": "a"}'
  from generate_series(1, 3) n;
update job set state = 'RUNNING', lease_epoch = 1, worker_id = gen_random_uuid(), started_at = now(), heartbeat_at = now(),
       lease_expires_at = now() + interval '1 min', deadline_at = now() + interval '6 h' where id <> '00000000-0000-7000-8000-000000000001';
insert into job_attempt (job_id, lease_epoch, worker_id, started_at) select id, 1, worker_id, now() from job where state = 'RUNNING';
insert into result (id, job_id, lease_epoch, project) values
  ('00000000-0000-7000-8000-000000000012', '00000000-0000-7000-8000-000000000002', 1, 'default'),
  ('00000000-0000-7000-8000-000000000013', '00000000-0000-7000-8000-000000000003', 1, 'default');
insert into artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
values ('00000000-0000-7000-8000-000000000013', 'model.mlts', 'k', 'application/octet-stream', 1, sha256('a'));
update job set state = 'SUCCEEDED', result_id = '00000000-0000-7000-8000-000000000013', finished_at = now(), worker_id = null,
       heartbeat_at = null, lease_expires_at = null, deadline_at = null where id = '00000000-0000-7000-8000-000000000003';
update result set state = 'COMMITTED', committed_at = now() where id = '00000000-0000-7000-8000-000000000013';
update job_attempt set ended_at = now(), outcome = 'SUCCEEDED' where job_id = '00000000-0000-7000-8000-000000000003';
insert into model (project, id, uid, display_name, last_version, version_count)
values ('default', 'pump', '00000000-0000-7000-8000-0000000000ae', 'pump', 1, 1);
insert into model_version (project, model, version, job_id, result_id, spec, facts)
values ('default', 'pump', 1, '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000013', '{}',
        jsonb_build_object('rows', 1, 'source_fingerprint', repeat('a', 64), 'model_sha256', repeat('b', 64)));
insert into evaluation (id, project, model, version, result_id, body, overall, rows, positives, roc_auc, average_precision, log_loss, brier, skill)
values ('00000000-0000-7000-8000-0000000000af', 'default', 'pump', 1, '00000000-0000-7000-8000-000000000013', '{}', '{}', 10, 1, 0.7, 0.3, 0.5, 0.1, 0.2);
insert into model_alias (project, model, id, version) values ('default', 'pump', 'champion', 1);
insert into promotion (project, model, number, alias, to_version, created_by) values ('default', 'pump', 1, 'champion', 1, 'test');
insert into trial (study_id, rung, number, job_id, parameters) values ('00000000-0000-7000-8000-000000000001', 0, 1, gen_random_uuid(), '{}');
insert into audit_event (caller_key, caller_role, caller_project, method, resource, project, outcome)
values ('abcdef12', 'admin', 'default', '/mltraining.v1.ModelService/DeleteModel', 'projects/default/models/pump', 'default', 'REMOVED');
