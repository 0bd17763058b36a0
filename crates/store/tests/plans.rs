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
const AFTER: &str = "'2026-01-01 12:00+00', '00000000-0000-7000-8000-000000000000'";
const LIST: &str = "null, null, null, null, null, '{}', '{}', '{}'";

const STATEMENTS: &str = include_str!("plans/statements.txt");

/// Name, arguments, and what is wanted of each statement in the file beside this one.
fn statements() -> Vec<(String, String, Wanted)> {
    let lines = STATEMENTS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(statement).collect()
}

fn statement(line: &str) -> (String, String, Wanted) {
    let mut parts = line.splitn(3, '|').map(str::trim);
    let name = parts.next().unwrap().to_owned();
    let wanted = match parts.next().unwrap() {
        "Index" => Index,
        "IndexInOrder" => IndexInOrder,
        "Small" => Small,
        other => panic!("{name}: {other}"),
    };
    let arguments = parts.next().unwrap_or_default();
    let arguments = arguments
        .replace("ALL_STATES", "'{QUEUED,RUNNING,SUCCEEDED,FAILED,CANCELLED,DEAD}'")
        .replace("ALL", LIST)
        .replace("AFTER", AFTER)
        .replace("JOB", JOB);
    (name, arguments, wanted)
}

/// Statements without a look-up to plan: inserts of one row, settings, the catalogue of Postgres.
const WITHOUT_PLAN: [&str; 15] = [
    "api_keys/create",
    "aliases/record",
    "audit/record",
    "migrate/be_patient",
    "migrate/exists",
    "migrate/version",
    "projects/ensure",
    "reader/export_snapshot",
    "reader/settings",
    "sources/allow_time",
    "sources/create",
    "sources/inspect",
    "store/ping",
    "store/source_role",
    "workers/register",
];

/// Tables that grow with use.
const GROWING: [&str; 17] = [
    "audit_event",
    "job",
    "job_attempt",
    "job_event",
    "job_label",
    "job_version",
    "result",
    "artifact",
    "model",
    "model_version",
    "model_alias",
    "promotion",
    "evaluation",
    "api_key",
    "source",
    "trial",
    "worker",
];

const FILL: &str = include_str!("plans/fill.sql");

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
        for fault in faults(&mut connection, &sql_of(&name), &arguments, wanted).await {
            wrong.push(format!("{name}({arguments}): {fault}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What the functions do shows in no plan, but in the counters of the transaction.
#[tokio::test]
async fn a_claim_goes_by_an_index_inside_its_function_too() {
    let database = TestDatabase::migrated().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut connection).await.unwrap();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let claim = format!(
            "set plan_cache_mode = {mode}; begin;
             select id from claim_job('default', gen_random_uuid(), interval '1 minute', '{{TRAIN}}', 1, 1000000, interval '15 minutes')"
        );
        let claimed = sqlx::raw_sql(AssertSqlSafe(claim))
            .fetch_all(&mut connection)
            .await;
        assert_eq!(claimed.unwrap().len(), 1, "the database has a due job");
        let scanned: Vec<(String, i64)> = sqlx::query_as(
            "select relname::text, seq_scan from pg_stat_xact_user_tables where relname = any($1) and seq_scan > 0",
        )
        .bind(GROWING)
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert_eq!(scanned, [], "{mode}");
        sqlx::raw_sql("rollback").execute(&mut connection).await.unwrap();
    }
}
