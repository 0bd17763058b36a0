//! Reads by two connections at once, and reads of some of the entities.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, TimeZone, Utc};
use mltraining_domain::{
    ColumnRole, DataType, DuplicateRule, SourceColumn, SourceContext, SourceSpec, Span, TimeRange,
};
use mltraining_panel::catalogue::LookBack;
use mltraining_store::reader::{PanelQuery, PanelRead, PanelRows, ReadError, SampleStep};
use mltraining_store::testing::TestDatabase;
use mltraining_store::{Store, StoreConfig};
use std::ops::ControlFlow;
use std::time::Duration;
use uuid::Uuid;

/// Rows that two streams are worth, three of the hundredth entity on one time; and the same as a view, which one stream reads.
const TICKS: &str = "
create table ticks as
  select 'e' || lpad((i % 100)::text, 2, '0') as mint,
         timestamptz '2026-01-01 00:00+00' + i * interval '1 second' as timestamp,
         case when i % 7 = 0 then null else i::float8 end as v0, i::numeric as v1, i as v2, i % 2 = 0 as v3, -i as v4, i / 3 as v5,
         i::float4 as v6, i::bigint as v7
    from generate_series(1, 120000) i;
insert into ticks select t.* from ticks t, generate_series(1, 2) where mint = 'e99' and v2 = 99;
create view shown as select * from ticks";

fn source(table: &str, duplicate_rule: DuplicateRule) -> SourceSpec {
    let column = |i: usize| SourceColumn {
        name: format!("v{i}"),
        data_type: [
            DataType::Float,
            DataType::Numeric,
            DataType::Integer,
            DataType::Boolean,
            DataType::Integer,
            DataType::Integer,
            DataType::Float,
            DataType::Integer,
        ][i],
        role: ColumnRole::Value,
        unit: String::new(),
    };
    SourceSpec {
        schema: "public".to_owned(),
        table: table.to_owned(),
        entity_column: Some("mint".to_owned()),
        recorded_time_column: None,
        contexts: Vec::<SourceContext>::new(),
        time_column: "timestamp".to_owned(),
        phase_column: None,
        columns: (0..8).map(column).collect(),
        bar_interval: Span::from_secs(1),
        duplicate_rule,
        phases: Vec::new(),
    }
}

/// Of the seconds from 2026-01-01 on.
fn second(second: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + chrono::TimeDelta::seconds(second)
}

fn names(source: &SourceSpec) -> Vec<String> {
    source.columns.iter().map(|column| column.name.clone()).collect()
}

fn query<'a>(
    source: &'a SourceSpec,
    columns: &'a [String],
    from: i64,
    look_back: LookBack,
) -> PanelQuery<'a> {
    PanelQuery {
        source,
        columns,
        range: TimeRange {
            start: second(from),
            end: second(200_000),
        },
        look_back,
        entities: &[],
        known_before: None,
        contexts: &[],
        max_rows: 1_000_000,
        timeout: Duration::from_secs(60),
    }
}

async fn run(database: &TestDatabase, sql: &str) {
    let pool = sqlx::PgPool::connect(database.url()).await.unwrap();
    #[allow(clippy::disallowed_types, reason = "a test's own text")]
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
}

/// A store that may have so many connections and has none yet.
async fn store(database: &TestDatabase, most: u32) -> Store {
    let config = StoreConfig {
        max_connections: most,
        ..StoreConfig::new(database.url(), "test")
    };
    Store::connect(&config).await.unwrap()
}

async fn read(store: &Store, query: &PanelQuery<'_>) -> Result<PanelRead, ReadError> {
    store.read_panel(query, &mut |_| ControlFlow::Continue(())).await
}

#[tokio::test]
async fn two_streams_bring_what_one_brings() {
    let database = TestDatabase::empty().await;
    run(&database, TICKS).await;
    let looks = [
        (0, LookBack::NONE),
        (0, LookBack::Unbounded),
        (30_000, LookBack::NONE),
        (30_000, LookBack::Unbounded),
        (30_000, LookBack::bars(7)),
        (30_000, LookBack::time(Span::from_secs(5_000))),
        (90_000, LookBack::Unbounded),
    ];
    for (from, look_back) in looks {
        let (table, view) = (
            source("ticks", DuplicateRule::KeepFirst),
            source("shown", DuplicateRule::KeepFirst),
        );
        let columns = names(&table);
        let (two, one) = (store(&database, 10).await, store(&database, 10).await);
        let mut by_two = read(&two, &query(&table, &columns, from, look_back))
            .await
            .unwrap();
        for _ in 0..20 {
            // On a busy machine the second connection comes too late.
            if two.pool_use().open == 2 {
                break;
            }
            by_two = read(&two, &query(&table, &columns, from, look_back))
                .await
                .unwrap();
        }
        let by_one = read(&one, &query(&view, &columns, from, look_back))
            .await
            .unwrap();
        assert_eq!(
            (two.pool_use().open, one.pool_use().open),
            (2, 1),
            "{from} {look_back:?}"
        );
        assert_eq!(by_two.fingerprint, by_one.fingerprint, "{from} {look_back:?}");
        assert_eq!(by_two.rows, by_one.rows, "{from} {look_back:?}");
        assert_eq!(by_two.duplicates, by_one.duplicates, "{from} {look_back:?}");
    }
}

#[tokio::test]
async fn a_read_does_without_a_second_connection() {
    let database = TestDatabase::empty().await;
    run(&database, TICKS).await;
    let spec = source("ticks", DuplicateRule::KeepFirst);
    let columns = names(&spec);
    let store = store(&database, 1).await;
    let read = read(&store, &query(&spec, &columns, 0, LookBack::NONE))
        .await
        .unwrap();
    assert_eq!(read.rows.in_range, 120_000);
}

#[tokio::test]
async fn repeated_keys_are_refused_from_either_stream() {
    let database = TestDatabase::empty().await;
    run(&database, TICKS).await;
    let spec = source("ticks", DuplicateRule::Refuse);
    let columns = names(&spec);
    let refused = read(
        &store(&database, 10).await,
        &query(&spec, &columns, 0, LookBack::NONE),
    )
    .await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("e99") && error.contains('2'), "{error}");
}

/// Somebody writes a row early and a row late in one transaction, over and over: a read sees both or neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_streams_see_the_same_moment() {
    let database = TestDatabase::empty().await;
    run(&database, TICKS).await;
    let pool = sqlx::PgPool::connect(database.url()).await.unwrap();
    let (wrote, mut written) = tokio::sync::mpsc::channel(1);
    let writer = tokio::spawn(async move {
        for i in 0..100_000_i64 {
            sqlx::query(
                "insert into ticks (mint, timestamp) select 'w' || $1, timestamptz '2026-01-01 00:00+00' + at * interval '1 second'
                   from unnest(array[10, 119990]) at",
            )
            .bind(i)
            .execute(&pool)
            .await
            .unwrap();
            let _ = wrote.try_send(i); // the first one is waited for
        }
    });
    written.recv().await.unwrap();
    let spec = source("ticks", DuplicateRule::KeepFirst);
    let columns = names(&spec);
    let store = store(&database, 10).await;
    for _ in 0..5 {
        let read = read(&store, &query(&spec, &columns, 0, LookBack::NONE))
            .await
            .unwrap();
        let panel = &read.panel;
        let written = (0..panel.entities().len()).filter(|entity| panel.entities()[*entity].starts_with('w'));
        let torn: Vec<usize> = written
            .filter(|entity| panel.range_of(*entity).len() != 2)
            .collect();
        assert!(torn.is_empty(), "{} entities have one row of two", torn.len());
    }
    assert!(
        store.pool_use().open >= 2,
        "none of five reads was made by two connections"
    );
    writer.abort();
}

#[tokio::test]
async fn a_sample_holds_whole_entities_and_an_account_of_all() {
    let database = TestDatabase::empty().await;
    run(&database, TICKS).await;
    let spec = source("ticks", DuplicateRule::Refuse);
    let columns = names(&spec);
    let store = store(&database, 10).await;
    let query = query(&spec, &columns, 30_000, LookBack::Unbounded);
    let mut steps = Vec::new();
    let mut on_rows = |step: SampleStep, _| {
        if steps.last() != Some(&step) {
            steps.push(step);
        }
        ControlFlow::Continue(())
    };
    let sample = store.read_sample(&query, 5_000, &mut on_rows).await.unwrap();
    assert_eq!(steps, [SampleStep::Keys, SampleStep::Rows]);
    let all = PanelRows {
        in_range: 90_001,
        warm_up: 29_999,
        context: 0,
    };
    assert_eq!((sample.rows, sample.entities), (all, 100));
    let found = sample.duplicates.unwrap();
    assert_eq!((found.count, found.entity.as_str()), (2, "e99"));
    let panel = &sample.read.panel;
    assert_eq!(panel.entities().len(), 5, "of 1,200 rows each");
    assert_eq!(panel.rows(), 6_000);
    // It is the sample of all rows.
    let spec = source("ticks", DuplicateRule::KeepFirst);
    let whole = read(
        &store,
        &PanelQuery {
            source: &spec,
            ..query
        },
    )
    .await
    .unwrap();
    let [ours, theirs] = [panel, &whole.panel].map(|panel| panel.sample(5_000));
    assert_eq!(ours.entities(), theirs.entities());
    assert_eq!(ours.times(), theirs.times());
    assert_eq!(ours.column("v1"), theirs.column("v1"));
    // All of it when there is no more.
    let mut go_on = |_, _| ControlFlow::Continue(());
    let sample = store.read_sample(&query, 120_000, &mut go_on).await.unwrap();
    assert_eq!(sample.read.fingerprint, whole.fingerprint);
    // The limit is held against all rows, and whoever listens can stop it.
    let few = PanelQuery {
        max_rows: 100_000,
        ..query
    };
    let refused = store.read_sample(&few, 5_000, &mut go_on).await;
    assert!(
        matches!(refused, Err(ReadError::RowLimitExceeded { limit: 100_000, .. })),
        "{refused:?}"
    );
    let mut stop = |step, _| match step {
        SampleStep::Keys => ControlFlow::Continue(()),
        SampleStep::Rows => ControlFlow::Break(()),
    };
    let stopped = store.read_sample(&query, 5_000, &mut stop).await;
    assert!(matches!(stopped, Err(ReadError::Stopped)), "{stopped:?}");
}

#[tokio::test]
async fn a_sample_of_a_single_series_is_all_of_it() {
    let database = TestDatabase::empty().await;
    let name = format!("s{}", Uuid::new_v4().simple());
    let series = format!("create table {name} as select timestamptz '2026-01-01 00:00+00' + i * interval '1 second' as timestamp,
        i::float8 as v0 from generate_series(1, 50) i");
    run(&database, &series).await;
    let spec = SourceSpec {
        entity_column: None,
        columns: source("", DuplicateRule::Refuse).columns[..1].to_vec(),
        ..source(&name, DuplicateRule::Refuse)
    };
    let columns = names(&spec);
    let query = query(&spec, &columns, 0, LookBack::NONE);
    let mut go_on = |_, _| ControlFlow::Continue(());
    let sample = store(&database, 2)
        .await
        .read_sample(&query, 10, &mut go_on)
        .await
        .unwrap();
    assert_eq!((sample.read.panel.rows(), sample.entities), (50, 1));
}
