//! What no source may read: the service's own tables and what belongs to Postgres.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_domain::{ColumnRole, DataType, Reason, SourceColumn, SourceSpec, Violations};
use mltraining_panel::catalogue::LookBack;
use mltraining_store::StoreError;
use mltraining_store::reader::{PanelQuery, ReadError};
use mltraining_store::sources::OWN_TABLES;
use std::ops::ControlFlow;
use std::time::Duration;
use support::{Fixture, range, source_spec};

/// The jobs of all projects, were they read as a source.
fn jobs(schema: &str, table: &str) -> SourceSpec {
    SourceSpec {
        schema: schema.to_owned(),
        table: table.to_owned(),
        entity_column: Some("project".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "created_at".to_owned(),
        columns: vec![SourceColumn {
            name: "event_seq".to_owned(),
            data_type: DataType::Integer,
            role: ColumnRole::Value,
            unit: String::new(),
        }],
        ..source_spec()
    }
}

fn refusals(found: &Violations) -> Vec<(&str, Reason)> {
    found.iter().map(|v| (v.field.as_str(), v.reason)).collect()
}

/// Everything that the migrations make, and the table that keeps account of them.
const EXISTING: &str = "select c.relname::text from pg_class c
      join pg_class m on m.oid = to_regclass('_sqlx_migrations') and m.relnamespace = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f')";

#[tokio::test]
async fn no_source_reads_a_table_of_the_service() {
    let fixture = Fixture::new().await;
    let mut existing: Vec<String> = sqlx::query_scalar(EXISTING)
        .fetch_all(&fixture.sql().await)
        .await
        .unwrap();
    existing.sort();
    assert_eq!(
        existing, OWN_TABLES,
        "the list of closed tables is that of the migrations"
    );
    for table in &existing {
        let found = fixture
            .store
            .verify_source(&jobs("public", table), "source")
            .await
            .unwrap();
        assert_eq!(
            refusals(&found),
            [("source.table", Reason::InvalidField)],
            "{table}: {found}"
        );
    }
}

#[tokio::test]
async fn no_source_reads_what_belongs_to_postgres() {
    let fixture = Fixture::new().await;
    for (schema, table) in [
        ("pg_catalog", "pg_stat_activity"),
        ("pg_toast", "nothing"),
        ("information_schema", "tables"),
    ] {
        let found = fixture
            .store
            .verify_source(&jobs(schema, table), "source")
            .await
            .unwrap();
        assert_eq!(
            refusals(&found),
            [("source.schema", Reason::InvalidField)],
            "{schema}: {found}"
        );
    }
}

#[tokio::test]
async fn a_source_that_names_a_table_of_the_service_is_not_read_either() {
    let fixture = Fixture::new().await;
    fixture.running().await;
    let spec = jobs("public", "job");
    let columns = ["event_seq".to_owned()];
    let query = PanelQuery {
        source: &spec,
        columns: &columns,
        range: range(),
        look_back: LookBack::NONE,
        entities: &[],
        known_before: None,
        contexts: &[],
        max_rows: 1000,
        timeout: Duration::from_secs(30),
    };
    let read = fixture
        .store
        .read_panel(&query, &mut |_| ControlFlow::Continue(()))
        .await;
    assert!(
        matches!(read, Err(ReadError::SchemaChanged(_))),
        "read: {:?}",
        read.err()
    );
    let counted = fixture.store.count_panel_rows(&query).await;
    assert!(matches!(counted, Err(ReadError::SchemaChanged(_))), "{counted:?}");
    let covered = fixture.store.source_coverage(&spec, None, None).await;
    let refused = matches!(
        covered,
        Err(StoreError::Conflict {
            reason: Reason::InvalidField,
            field: "source.table",
            ..
        })
    );
    assert!(refused, "{covered:?}");
}

#[tokio::test]
async fn a_view_and_a_table_of_the_same_name_elsewhere_may_be_read() {
    let fixture = Fixture::new().await;
    let sql = fixture.sql().await;
    for statement in [
        "create view progress_of_jobs as select project, created_at, event_seq from job",
        "create schema mine",
        "create table mine.job (project text, created_at timestamptz, event_seq bigint)",
    ] {
        sqlx::query(statement).execute(&sql).await.unwrap();
    }
    for (schema, table) in [("public", "progress_of_jobs"), ("mine", "job")] {
        let found = fixture
            .store
            .verify_source(&jobs(schema, table), "source")
            .await
            .unwrap();
        assert!(found.is_empty(), "{found}");
    }
}
