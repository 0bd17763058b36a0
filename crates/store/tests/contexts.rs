//! Contexts beside the rows of a source, single series, and rows as they were known before an instant.
#![allow(clippy::unwrap_used)]

mod support;

use chrono::{DateTime, TimeZone, Utc};
use mltraining_domain::{
    ColumnRole, DataType, DuplicateRule, Reason, SourceColumn, SourceContext, SourceSpec, Span, TimeRange,
};
use mltraining_panel::catalogue::{LookBack, PlannedContext};
use mltraining_store::reader::{PanelQuery, PanelRead, PanelRows, ReadError};
use mltraining_store::sources::CreatedSource;
use mltraining_store::testing::TestDatabase;
use mltraining_store::{Store, StoreError};
use std::ops::ControlFlow;
use std::time::Duration;
use support::new_source;

fn minute(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + chrono::TimeDelta::minutes(minute)
}

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange {
        start: minute(from),
        end: minute(to),
    }
}

/// `ticks`: rows of entities; `rates`: one series. Both know when a row was recorded, a minute after its time.
fn spec(table: &str, entity_column: Option<&str>) -> SourceSpec {
    SourceSpec {
        schema: "public".to_owned(),
        table: table.to_owned(),
        entity_column: entity_column.map(str::to_owned),
        time_column: "at".to_owned(),
        phase_column: None,
        recorded_time_column: Some("recorded".to_owned()),
        columns: vec![SourceColumn {
            name: "close".to_owned(),
            data_type: DataType::Float,
            role: ColumnRole::Close,
            unit: String::new(),
        }],
        bar_interval: Span::from_mins(1),
        duplicate_rule: DuplicateRule::Refuse,
        phases: Vec::new(),
        contexts: Vec::new(),
    }
}

fn ticks() -> SourceSpec {
    spec("ticks", Some("mint"))
}

/// A context with ten minutes of age and three bars of look-back.
fn context(name: &str, source: SourceSpec, entities: &[&str]) -> PlannedContext {
    PlannedContext {
        name: name.to_owned(),
        source,
        entities: entities.iter().map(ToString::to_string).collect(),
        columns: vec!["close".to_owned()],
        look_back: LookBack::bars(3),
        max_age: Span::from_mins(10),
    }
}

const CLOSE: [&str; 1] = ["close"];

struct World {
    store: Store,
    database: TestDatabase,
    columns: Vec<String>,
}

impl World {
    /// `a` and `b` at minutes 0, 10, .. 90, `a` alone at 35; rates at 1, 6, .. 96. What is closed at a minute is the minute.
    async fn new() -> Self {
        let database = TestDatabase::migrated().await;
        let world = Self {
            store: database.store().await,
            database,
            columns: CLOSE.map(str::to_owned).to_vec(),
        };
        world
            .sql(
                "create table ticks (mint text, at timestamptz, close float8, recorded timestamptz);
                 create table rates (at timestamptz, close float8, recorded timestamptz);
                 insert into ticks select e, '2026-01-01Z'::timestamptz + m * interval '1 min', m,
                        '2026-01-01Z'::timestamptz + (m + 1) * interval '1 min'
                   from unnest('{a,b}'::text[]) e, generate_series(0, 90, 10) m;
                 insert into ticks values ('a', '2026-01-01 00:35Z', 35, '2026-01-01 05:00Z');
                 insert into rates select '2026-01-01Z'::timestamptz + m * interval '1 min', m,
                        '2026-01-01Z'::timestamptz + (m + 1) * interval '1 min' from generate_series(1, 96, 5) m",
            )
            .await;
        world
    }

    async fn sql(&self, sql: &str) {
        let pool = sqlx::PgPool::connect(self.database.url()).await.unwrap();
        #[allow(clippy::disallowed_types, reason = "a test's own text")]
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
    }

    fn query<'a>(&'a self, source: &'a SourceSpec, contexts: &'a [PlannedContext]) -> PanelQuery<'a> {
        PanelQuery {
            source,
            columns: &self.columns,
            range: range(30, 60),
            look_back: LookBack::NONE,
            entities: &[],
            known_before: None,
            contexts,
            max_rows: 1000,
            timeout: Duration::from_secs(30),
        }
    }

    async fn read(&self, query: &PanelQuery<'_>) -> Result<PanelRead, ReadError> {
        self.store
            .read_panel(query, &mut |_| ControlFlow::Continue(()))
            .await
    }
}

/// The closes of a context, which are its minutes.
fn minutes(read: &PanelRead, context: &str) -> Vec<f64> {
    read.panel
        .context(context)
        .unwrap()
        .column("close")
        .unwrap()
        .to_vec()
}

#[tokio::test]
async fn a_context_is_read_as_far_back_as_the_earliest_row_and_its_own_features_ask_for() {
    let world = World::new().await;
    let source = ticks();
    let contexts = [
        context("rates", spec("rates", None), &[]),
        context("leader", ticks(), &["b"]),
    ];
    let query = world.query(&source, &contexts);
    let read = world.read(&query).await.unwrap();
    // The first row is of minute 30: ten minutes of age, and three bars before those.
    let rates = [6.0, 11.0, 16.0, 21.0, 26.0, 31.0, 36.0, 41.0, 46.0, 51.0, 56.0];
    assert_eq!(minutes(&read, "rates"), rates);
    assert_eq!(minutes(&read, "leader"), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]);
    assert_eq!(read.panel.context("leader").unwrap().entities(), ["b"]);
    assert_eq!(
        read.panel.entities(),
        ["a", "b"],
        "the choice of a context is not that of the source"
    );
    let rows = PanelRows {
        in_range: 7,
        warm_up: 0,
        context: 17,
    };
    assert_eq!(read.rows, rows);
    assert_eq!(world.store.count_panel_rows(&query).await.unwrap(), rows);
    let history = PanelQuery {
        look_back: LookBack::bars(2),
        ..query
    };
    let read = world.read(&history).await.unwrap();
    assert_eq!(read.rows.warm_up, 4, "minutes 10 and 20 of both");
    assert_eq!(
        minutes(&read, "rates")[0],
        1.0,
        "from minute 0 on there is none before 1"
    );
    let only = ["b".to_owned()];
    let one = PanelQuery {
        entities: &only,
        ..query
    };
    let read = world.read(&one).await.unwrap();
    assert_eq!((read.rows.in_range, read.rows.context), (3, 17));
    let limit = PanelQuery {
        max_rows: 23,
        ..query
    };
    let error = world.read(&limit).await.unwrap_err();
    assert!(
        matches!(error, ReadError::RowLimitExceeded { rows: found, limit: 23 } if found == rows),
        "{error}"
    );
    let enough = PanelQuery {
        max_rows: 24,
        ..query
    };
    assert!(world.read(&enough).await.is_ok());
}

#[tokio::test]
async fn the_fingerprint_changes_with_a_row_of_a_context_and_a_late_change_is_not_seen() {
    let world = World::new().await;
    let source = ticks();
    let contexts = [context("rates", spec("rates", None), &[])];
    let query = world.query(&source, &contexts);
    let fingerprint = async || world.read(&query).await.unwrap().fingerprint;
    let before = fingerprint().await;
    let alone = world.read(&world.query(&source, &[])).await.unwrap().fingerprint;
    assert_ne!(before, alone);
    world.sql("update rates set close = -1 where close > 60").await;
    assert_eq!(fingerprint().await, before, "nothing at or after the end is read");
    world.sql("update rates set close = -1 where close = 56").await;
    assert_ne!(fingerprint().await, before);
}

#[tokio::test]
async fn only_what_was_recorded_before_is_seen_of_the_source_and_its_contexts() {
    let world = World::new().await;
    let source = ticks();
    let contexts = [context("rates", spec("rates", None), &[])];
    let query = PanelQuery {
        known_before: Some(minute(41)),
        look_back: LookBack::Unbounded,
        ..world.query(&source, &contexts)
    };
    let read = world.read(&query).await.unwrap();
    let times = |entity: usize| &read.panel.column("close").unwrap()[read.panel.range_of(entity)];
    // Minute 40 was recorded at 41, the late row of `a` at 05:00.
    assert_eq!(times(0), [0.0, 10.0, 20.0, 30.0]);
    assert_eq!(times(1), [0.0, 10.0, 20.0, 30.0]);
    assert_eq!(*minutes(&read, "rates").last().unwrap(), 36.0);
    assert_eq!(world.store.count_panel_rows(&query).await.unwrap(), read.rows);
    world
        .sql("update ticks set recorded = null where close = 30 and mint = 'b'")
        .await;
    let read = world.read(&query).await.unwrap();
    assert_eq!(
        read.panel.entities(),
        ["a"],
        "a row that says nothing of it is not seen"
    );
    let covered = range(0, 60);
    let coverage = async |known_before| {
        let covered = world.store.source_coverage(&source, Some(&covered), known_before);
        covered.await.unwrap().rows
    };
    assert_eq!((coverage(None).await, coverage(Some(minute(41))).await), (13, 7));
    let bars = PanelQuery {
        look_back: LookBack::bars(1),
        ..query
    };
    assert_eq!(
        world.read(&bars).await.unwrap().rows.warm_up,
        1,
        "a bar before that was known, not one that came later"
    );
}

#[tokio::test]
async fn a_context_whose_table_changed_is_named() {
    let world = World::new().await;
    let source = ticks();
    let contexts = [context("rates", spec("rates", None), &[])];
    let query = world.query(&source, &contexts);
    let field = async || match world.read(&query).await.unwrap_err() {
        ReadError::SchemaChanged(found) => found.iter().next().unwrap().field.clone(),
        other => panic!("{other}"),
    };
    world.sql("alter table rates alter recorded type timestamp").await;
    assert_eq!(field().await, "source.contexts[rates].recorded_time_column");
    world.sql("alter table rates drop close").await;
    assert_eq!(field().await, "source.contexts[rates].recorded_time_column");
    world.sql("drop table rates").await;
    assert_eq!(field().await, "source.contexts[rates].table");
}

#[tokio::test]
async fn a_source_comes_back_with_its_contexts_and_the_sources_behind_them() {
    let world = World::new().await;
    let project = mltraining_domain::ProjectId::default_project();
    let mut rates = new_source(&project, "rates");
    rates.spec = spec("rates", None);
    world.store.create_source(&rates).await.unwrap();
    let of = |name: &str, source: &str, entity: Option<&str>, behind: &SourceSpec| SourceContext {
        name: name.to_owned(),
        source: source.parse().unwrap(),
        entity: entity.map(str::to_owned),
        availability_delay: Span::from_secs(5),
        max_age: Span::from_mins(10),
        spec: Box::new(behind.clone()),
    };
    let mut wanted = new_source(&project, "ticks");
    wanted.spec = ticks();
    // One of them is the source itself.
    wanted.spec.contexts = vec![
        of("leader", "ticks", Some("b"), &ticks()),
        of("rates", "rates", None, &rates.spec),
    ];
    let CreatedSource::Created(made) = world.store.create_source(&wanted).await.unwrap() else {
        panic!("it is new")
    };
    assert_eq!(made.spec, wanted.spec);
    let found = world.store.source(&project, &wanted.id).await.unwrap();
    assert_eq!(found.spec, wanted.spec);
    let listed = world.store.list_sources(&project, None, 10).await.unwrap();
    let listed: Vec<&SourceSpec> = listed.iter().map(|source| &source.spec).collect();
    assert_eq!(listed, [&rates.spec, &wanted.spec]);
    wanted.id = "other".parse().unwrap();
    wanted.spec.contexts = vec![of("x", "nowhere", None, &rates.spec)];
    let error = world.store.create_source(&wanted).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Conflict { reason: Reason::NotFound, field, .. } if *field == "source.contexts.source"),
        "{error}"
    );
}

#[tokio::test]
async fn repeated_keys_of_a_context_are_told_by_its_name() {
    let world = World::new().await;
    world
        .sql("insert into rates select at, close + 1, recorded from rates where close = 31")
        .await;
    let source = ticks();
    let contexts = [context("rates", spec("rates", None), &[])];
    let error = world.read(&world.query(&source, &contexts)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DuplicateKeys);
    assert!(
        error
            .to_string()
            .starts_with("the context `rates`: 1 rows repeat"),
        "{error}"
    );
}
