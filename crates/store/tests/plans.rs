//! How Postgres answers each statement when there are 100,000 jobs and 100,000 models: by an index, and lists without a sort.
#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod support;

use mltraining_store::testing::TestDatabase;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::collections::BTreeSet;
use std::path::Path;

/// What a plan may not hold.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// No look at every row of a table that grows.
    Index,
    /// That, and rows in the order of an index: no sort.
    IndexInOrder,
    /// Nothing: the statement touches only small tables, or none.
    Small,
}
use Wanted::{Index, IndexInOrder, Small};

/// A running job.
const JOB: &str = "'00000000-0000-7000-8000-000000000001'";
const LIST: &str = "null, null, null, null, null, '{}', '{}', '{}'";

/// Each statement of the store with arguments of a usual call.
fn statements() -> Vec<(&'static str, String, Wanted)> {
    let after = "'2026-01-01 12:00+00', '00000000-0000-7000-8000-000000000000'";
    let list = |s: &str| s.to_owned();
    vec![
        (
            "jobs/list",
            format!("'default', null, null, 51, {LIST}, null"),
            IndexInOrder,
        ),
        (
            "jobs/list",
            format!("'default', {after}, 51, {LIST}, '{{RUNNING,QUEUED}}'"),
            IndexInOrder,
        ),
        (
            "jobs/list_by_state",
            format!("'default', 'RUNNING', null, null, 51, {LIST}"),
            IndexInOrder,
        ),
        (
            "jobs/list_by_state",
            format!("'default', 'SUCCEEDED', {after}, 51, {LIST}"),
            IndexInOrder,
        ),
        (
            "jobs/list_by_model",
            format!("'default', 'm77', null, null, 51, {LIST}, null"),
            IndexInOrder,
        ),
        (
            "jobs/list_by_model",
            format!("'default', 'm77', {after}, 51, {LIST}, null"),
            IndexInOrder,
        ),
        ("jobs/get", format!("'default', array[{JOB}::uuid], true"), IndexInOrder),
        ("jobs/attempts", format!("array[{JOB}::uuid]"), Index),
        ("jobs/ahead", format!("'default', {JOB}"), IndexInOrder),
        ("jobs/ahead_of_new", list("'default', 'default', 2"), IndexInOrder),
        (
            "jobs/cancel",
            format!("'default', {JOB}, 'ann', 'why', null"),
            IndexInOrder,
        ),
        (
            "jobs/poll_events",
            format!("array[{JOB}::uuid], array[0], 100"),
            IndexInOrder,
        ),
        (
            "jobs/create",
            list(
                "gen_random_uuid(), 'default', 'default', 'TRAIN', '{}', 1, 'm1', 'candles', now(), now(), 1, gen_random_uuid(), null, null, null, 'x', '{}', 2, 1",
            ),
            IndexInOrder,
        ),
        ("jobs/create_lock", list("'default'"), Small),
        ("claims/pick_project", list("'default', '{TRAIN}', 1"), Index),
        (
            "claims/pick_project_waiting",
            list("'default', '{TRAIN}', 1"),
            Index,
        ),
        (
            "claims/claim",
            list("'default', 'default', gen_random_uuid(), 60000000, '{TRAIN}', 1"),
            IndexInOrder,
        ),
        ("claims/next_due", list("'default'"), IndexInOrder),
        (
            "claims/beat",
            format!("array[{JOB}::uuid], array[1], 60000000"),
            IndexInOrder,
        ),
        ("claims/progress", format!("{JOB}, 1, 1, '{{}}'"), IndexInOrder),
        ("claims/log", format!("{JOB}, 1, 'INFO', 'x'"), IndexInOrder),
        (
            "claims/stage",
            format!("gen_random_uuid(), {JOB}, 1, '{{}}', '{{}}', '{{}}', '{{}}', '{{}}'"),
            IndexInOrder,
        ),
        (
            "claims/finish_train",
            format!(
                "{JOB}, 1, gen_random_uuid(), '{{}}', '{{}}', '{{}}', '{{}}', 1, 1, null, null, null, null, null"
            ),
            IndexInOrder,
        ),
        (
            "claims/fail",
            format!("{JOB}, 1, 'INFRA', 'UNAVAILABLE', 'x', 'FIT'"),
            IndexInOrder,
        ),
        ("claims/outcome", format!("{JOB}, 1"), IndexInOrder),
        ("claims/reap", list("100, 60000000"), IndexInOrder),
        (
            "models/list",
            list("'default', null, null, 51, null, null, null, '{}', '{}', '{}'"),
            IndexInOrder,
        ),
        (
            "models/list",
            list("'default', '2026-01-01 12:00+00', 'm5', 51, null, null, null, '{}', '{}', '{}'"),
            IndexInOrder,
        ),
        (
            "models/list_all",
            list("'default', null, null, 51, null, null, null, '{}', '{}', '{}'"),
            IndexInOrder,
        ),
        (
            "models/list_all",
            list("'default', '2026-01-01 12:00+00', 'm5', 51, null, null, null, '{}', '{}', '{}'"),
            IndexInOrder,
        ),
        ("models/get", list("'default', '{m5,m6}'"), IndexInOrder),
        (
            "models/update",
            list("'default', 'm5', null, null, null, null"),
            IndexInOrder,
        ),
        ("models/delete", list("'default', 'm5', null"), IndexInOrder),
        ("models/undelete", list("'default', 'm5', null"), IndexInOrder),
        ("versions/get", list("'default', 'm5', 1, true"), IndexInOrder),
        (
            "versions/list",
            list("'default', 'm5', null, 51, false"),
            IndexInOrder,
        ),
        (
            "artifacts/list",
            format!("'default', {JOB}, null, 51"),
            IndexInOrder,
        ),
        (
            "artifacts/get",
            format!("'default', {JOB}, 'model.mlts'"),
            IndexInOrder,
        ),
        ("sources/list", list("'default', null, 51"), IndexInOrder),
        ("sources/get", list("'default', 's7'"), IndexInOrder),
        (
            "sources/find_request",
            list("'default', gen_random_uuid()"),
            IndexInOrder,
        ),
        ("api_keys/find", list("'abcdef12'"), IndexInOrder),
        ("api_keys/note_use", list("'abcdef12'"), IndexInOrder),
        ("api_keys/list", list("'default'"), IndexInOrder),
        ("api_keys/revoke", list("'default', 'abcdef12'"), IndexInOrder),
        ("workers/heartbeat", list("gen_random_uuid()"), Index),
        ("workers/drain", list("gen_random_uuid()"), Index),
        ("workers/stop", list("gen_random_uuid()"), Index),
        ("workers/list_live", list(""), IndexInOrder),
        ("projects/get", list("'default'"), Small),
        ("projects/set_quota", list("'default', 1, 1"), Small),
        ("queues/get", list("'default'"), Small),
        ("queues/pause", list("'default'"), Small),
        ("queues/resume", list("'default'"), Small),
    ]
}

/// Statements without a look-up to plan: inserts of one row, settings, the catalogue of Postgres.
const WITHOUT_PLAN: [&str; 12] = [
    "api_keys/create",
    "migrate/be_patient",
    "migrate/exists",
    "migrate/version",
    "projects/ensure",
    "reader/settings",
    "reader/snapshot",
    "sources/allow_time",
    "sources/create",
    "sources/inspect",
    "store/ping",
    "workers/register",
];

/// Tables that grow with use.
const GROWING: [&str; 11] = [
    "job",
    "job_attempt",
    "job_event",
    "result",
    "artifact",
    "model",
    "model_version",
    "evaluation",
    "api_key",
    "source",
    "worker",
];

const FILL: &str = "
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
    insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by, created_at, state,
                     run_at, event_seq, lease_epoch, started_at, worker_id, heartbeat_at, lease_expires_at, deadline_at, finished_at, result_id,
                     error_code, error_message)
      select id, project, 'default', 'TRAIN', '{\"seed\": 1}', 1, 'm' || n % 1000, 'candles', at, at + interval '1 day', '10 min', 'x', at, state,
             at, 3, case state when 'QUEUED' then 0 else 1 end, case when state <> 'QUEUED' then at end,
             case state when 'RUNNING' then gen_random_uuid() end, case state when 'RUNNING' then at end,
             case state when 'RUNNING' then at end, case state when 'RUNNING' then at end,
             case when state in ('SUCCEEDED', 'FAILED') then at end, case state when 'SUCCEEDED' then result end,
             case state when 'FAILED' then 'POISON' end, case state when 'FAILED' then 'x' end
        from made;
    insert into job_attempt (job_id, lease_epoch, worker_id, started_at) select id, 1, gen_random_uuid(), at from made where state <> 'QUEUED';
    insert into job_event (job_id, seq, lease_epoch, kind, payload) select id, s, 1, 'log', '{}' from made cross join generate_series(1, 2) s;
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
      select 'default', 'm' || n, 1, result, '{}', '{}', 1, 1 from made where state = 'SUCCEEDED';
    analyze";

fn walk(node: &Value, seen: &mut Vec<(String, String)>) {
    let text = |key: &str| node[key].as_str().unwrap_or_default().to_owned();
    seen.push((text("Node Type"), text("Relation Name")));
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, seen);
    }
}

/// What is wrong with the plan of a statement.
async fn faults(connection: &mut PgConnection, sql: &str, arguments: &str, wanted: Wanted) -> Vec<String> {
    let execute = if arguments.is_empty() {
        "execute s".to_owned()
    } else {
        format!("execute s({arguments})")
    };
    sqlx::raw_sql(AssertSqlSafe(format!("prepare s as {sql}")))
        .execute(&mut *connection)
        .await
        .unwrap();
    let mut found = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        sqlx::raw_sql(AssertSqlSafe(format!("set plan_cache_mode = {mode}")))
            .execute(&mut *connection)
            .await
            .unwrap();
        let row = sqlx::raw_sql(AssertSqlSafe(format!("explain (format json) {execute}")))
            .fetch_one(&mut *connection)
            .await;
        let plan: Value = sqlx::Row::get(&row.unwrap_or_else(|error| panic!("{sql}\n{error}")), 0);
        let mut nodes = Vec::new();
        walk(&plan[0]["Plan"], &mut nodes);
        for (node, relation) in nodes {
            let scans = wanted != Small && node == "Seq Scan" && GROWING.contains(&relation.as_str());
            let sorts = wanted == IndexInOrder && node.contains("Sort");
            if scans || sorts {
                found.push(format!("{mode}: {node} {relation}"));
            }
        }
    }
    sqlx::raw_sql("deallocate s")
        .execute(&mut *connection)
        .await
        .unwrap();
    found
}

fn files() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let mut names = BTreeSet::new();
    for folder in std::fs::read_dir(&root).unwrap() {
        let folder = folder.unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            names.insert(format!(
                "{}/{}",
                folder.file_name().display(),
                path.file_stem().unwrap().display()
            ));
        }
    }
    names
}

fn sql_of(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("sql")
        .join(format!("{name}.sql"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_statement_begins_with_its_name_and_has_its_plan_looked_at() {
    let listed: BTreeSet<String> = statements()
        .into_iter()
        .map(|(name, ..)| name.to_owned())
        .collect();
    let without: BTreeSet<String> = WITHOUT_PLAN.into_iter().map(str::to_owned).collect();
    let all: BTreeSet<String> = listed.union(&without).cloned().collect();
    assert_eq!(files(), all);
    for name in files() {
        let begins = format!("-- {}", name.replace('/', "."));
        let text = sql_of(&name);
        let first = text.lines().next().unwrap();
        assert!(
            first == begins || first.starts_with(&format!("{begins}:")),
            "{name}: {first}"
        );
    }
}

#[tokio::test]
async fn every_list_claim_and_lookup_goes_by_an_index() {
    let database = TestDatabase::migrated().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut connection).await.unwrap();
    let mut wrong = Vec::new();
    for (name, arguments, wanted) in statements() {
        for fault in faults(&mut connection, &sql_of(name), &arguments, wanted).await {
            wrong.push(format!("{name}({arguments}): {fault}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
