-- What each role may do with each table of the service. Run it after `api-server migrate`, as mlts_migrator; as often as you like:
--
--   psql "$MIGRATOR_URL" -X -1 -v ON_ERROR_STOP=1 -f deploy/postgres/grants.sql
--
-- Each statement of crates/store/sql is allowed to the process that makes it, and little else. A row can be locked only by who may change
-- a column of it: where a process locks and never changes, it may change one column that says nothing. Triggers run in the name of who
-- caused them; cascades in the name of the owner, and need no grant. A table that is not here is open to both processes (roles.sql), and a
-- test is red.
\if :{?prefix}
\else
  \set prefix mlts_
\endif
select :'prefix' || 'api' as api, :'prefix' || 'worker' as worker, :'prefix' || 'features_ro' as features_ro
\gset

revoke all on
  project, queue, source, source_phase, source_context, api_key, worker, job, job_attempt, job_event, job_label, job_version, trial, result,
  artifact, model, model_version, model_alias, promotion, evaluation, audit_event, _sqlx_migrations
  from :"api", :"worker", :"features_ro";
-- Rights on columns outlive the revoking of those on the table in some versions of Postgres.
select format('revoke all (%s) on %I from %I, %I, %I', string_agg(quote_ident(a.attname), ', '), c.relname, :'api', :'worker', :'features_ro')
  from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relowner = current_user::regrole and a.attacl is not null
 group by c.relname
\gexec

-- ---- both: what the schema is, what jobs and models are
grant select on
  _sqlx_migrations, project, queue, source, source_phase, source_context, worker, job, job_attempt, job_event, job_label, job_version, trial,
  result, artifact, model, model_version, model_alias, promotion, evaluation
  to :"api", :"worker";

-- ---- api-server
-- keys: of the secret only its hash is there, and only this role sees it
grant select, insert, update (revoked_at, last_used_at, secret_hash, rotated_at, previous_secret_hash, previous_expires_at) on api_key to :"api";
-- what it changes for a caller stands here for good: it adds, and neither changes nor removes
grant select, insert on audit_event to :"api";
grant insert, update (max_running, max_queued) on project to :"api";
grant update (paused_at) on queue to :"api";
grant insert on source, source_phase, source_context to :"api";
-- makes jobs, cancels them, has them wait again; leases, results and progress are the workers'
grant insert on job, job_event, job_version to :"api";
grant update (state, run_at, priority, labels, finished_at, failures, infra_failures, lost_count, cancel_requested_at, cancel_requested_by,
              cancel_reason, error_class, error_code, error_message, error_phase, found_deleted_at) on job to :"api";
grant insert, delete on job_label to :"api"; -- by a trigger
grant update (draining_at) on worker to :"api";
grant update (display_name, description, labels, deleted_at, expire_at, updated_at, revision) on model to :"api";
grant insert, update (version, updated_at), delete on model_alias to :"api";
grant insert on promotion to :"api";
grant delete on trial to :"api"; -- of a study that is retried and searches anew
grant delete, update (created_at) on evaluation to :"api"; -- locks what it deletes

-- ---- worker
grant select, delete, update (created_at) on audit_event to :"worker"; -- the old ones, which it locks first; a trigger refuses others, and changes
grant update (served_at) on project to :"worker";
grant insert, update, delete on worker, job, result, model to :"worker";
grant insert, update on job_attempt, trial to :"worker";
grant insert, delete, update (at) on job_event to :"worker"; -- locks what it removes
grant insert, delete on job_label, job_version to :"worker"; -- by triggers
grant insert on artifact to :"worker";
grant insert, delete on model_version, evaluation to :"worker";
grant delete on model_alias, promotion to :"worker"; -- with a model that is gone for good
