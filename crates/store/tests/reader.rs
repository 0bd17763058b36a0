//! Sources read as panels: types, order, history, limits, hostile names.
#![allow(clippy::unwrap_used)]

mod support;

use chrono::{DateTime, TimeZone, Utc};
use mltraining_domain::{
    ColumnRole, DataType, DuplicateRule, Reason, SourceColumn, SourcePhase, SourceSpec, Span, TimeRange,
};
use mltraining_panel::PanelError;
use mltraining_panel::catalogue::LookBack;
use mltraining_store::load::{ColumnDefinition, ColumnType, MadeTable, Nullable, TableDefinition};
use mltraining_store::reader::{Batches, PanelQuery, PanelRead, PanelRows, Place, ReadError, ReadProgress};
use mltraining_store::testing::TestDatabase;
use mltraining_store::{Store, StoreConfig, StoreError};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;

fn minute(minute: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + chrono::TimeDelta::minutes(minute)
}

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange {
        start: minute(from),
        end: minute(to),
    }
}

fn value(name: &str, data_type: DataType) -> SourceColumn {
    SourceColumn {
        name: name.to_owned(),
        data_type,
        role: ColumnRole::Value,
        unit: String::new(),
    }
}

fn source(table: &str, columns: Vec<SourceColumn>) -> SourceSpec {
    SourceSpec {
        schema: "public".to_owned(),
        table: table.to_owned(),
        entity_column: Some("mint".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "timestamp".to_owned(),
        phase_column: None,
        columns,
        bar_interval: Span::from_mins(1),
        duplicate_rule: DuplicateRule::Refuse,
        phases: Vec::new(),
    }
}

struct Reader {
    store: Store,
    database: TestDatabase,
}

impl Reader {
    async fn new(sql: &str) -> Self {
        let database = TestDatabase::empty().await;
        let store = database.store().await;
        let reader = Self { store, database };
        reader.sql(sql).await;
        reader
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

    async fn read(&self, query: &PanelQuery<'_>) -> Result<PanelRead, ReadError> {
        self.store
            .read_panel(query, &mut |_| ControlFlow::Continue(()))
            .await
    }
}

fn query<'a>(source: &'a SourceSpec, columns: &'a [String], range: TimeRange) -> PanelQuery<'a> {
    PanelQuery {
        source,
        columns,
        range,
        look_back: LookBack::NONE,
        entities: &[],
        known_before: None,
        contexts: &[],
        max_rows: 1_000_000,
        timeout: Duration::from_secs(30),
    }
}

fn names(source: &SourceSpec) -> Vec<String> {
    source.columns.iter().map(|c| c.name.clone()).collect()
}

/// Entities with the minutes of their rows.
fn minutes(read: &PanelRead) -> Vec<(String, Vec<i64>)> {
    let start = minute(0).timestamp_micros();
    let panel = &read.panel;
    let rows = |i: usize| {
        panel.times()[panel.range_of(i)]
            .iter()
            .map(|t| (t - start) / 60_000_000)
            .collect()
    };
    panel
        .entities()
        .iter()
        .enumerate()
        .map(|(i, e)| (e.clone(), rows(i)))
        .collect()
}

const TICKS: &str = "create table ticks (mint varchar(64), timestamp timestamptz, close numeric(30,18))";

/// `ticks` with rows (entity, minute), close = minute.
fn ticks(rows: &[(&str, i64)]) -> String {
    let mut sql = TICKS.to_owned();
    for (entity, at) in rows {
        sql += &format!(
            "; insert into ticks values ('{entity}', '{}', {at})",
            minute(*at).to_rfc3339()
        );
    }
    sql
}

fn ticks_source() -> SourceSpec {
    source("ticks", vec![value("close", DataType::Numeric)])
}

#[tokio::test]
async fn every_type_is_read_and_null_is_nan() {
    let reader = Reader::new(
        "create table t (mint text, timestamp timestamptz, phase smallint, f4 real, f8 double precision, i2 smallint,
           i4 integer, i8 bigint, n numeric(30,18), b boolean);
         insert into t values ('a', '2026-01-01 00:01:00+00', 2, 0.5, 1e-8, -3, 70000, 5000000000, 0.000000012345678901, true),
           ('a', '2026-01-01 00:02:00+00', null, null, null, null, null, null, null, null),
           ('a', '2026-01-01 00:03:00+00', 3, 'NaN', '-Infinity', 0, 0, 0, 'NaN', false)",
    )
    .await;
    let mut spec = source(
        "t",
        [
            ("f4", DataType::Float),
            ("f8", DataType::Float),
            ("i2", DataType::Integer),
            ("i4", DataType::Integer),
            ("i8", DataType::Integer),
            ("n", DataType::Numeric),
            ("b", DataType::Boolean),
        ]
        .map(|(name, data_type)| value(name, data_type))
        .to_vec(),
    );
    spec.phase_column = Some("phase".to_owned());
    let columns = names(&spec);
    let read = reader.read(&query(&spec, &columns, range(0, 10))).await.unwrap();
    let row = |i: usize| -> Vec<f64> { columns.iter().map(|c| read.panel.column(c).unwrap()[i]).collect() };
    assert_eq!(row(0), [0.5, 1e-8, -3.0, 70000.0, 5e9, 0.000000012345678901, 1.0]);
    assert!(row(1).iter().all(|v| v.is_nan()), "NULL is NaN, never 0");
    assert!(
        row(2)[0].is_nan() && row(2)[1].is_nan() && row(2)[5].is_nan(),
        "what is not finite is no measurement"
    );
    assert_eq!((row(2)[2], row(2)[6]), (0.0, 0.0));
    assert_eq!(read.panel.phases().unwrap(), [Some(2), None, Some(3)]);
    assert_eq!(read.panel.times()[0], minute(1).timestamp_micros());
}

#[tokio::test]
async fn numbers_are_those_that_postgres_writes_as_text() {
    let reader = Reader::new(
        "create table t as select 'e' || i % 7 as mint, timestamptz '2026-01-01 00:00+00' + i * interval '1 second' as timestamp,
           (random() * power(10, (random() * 24 - 12)))::numeric(40, 18) * (case when i % 2 = 0 then 1 else -1 end) as n
         from generate_series(0, 5999) i",
    )
    .await;
    let spec = source("t", vec![value("n", DataType::Numeric)]);
    let columns = names(&spec);
    let read = reader
        .read(&query(&spec, &columns, range(0, 1000)))
        .await
        .unwrap();
    let pool = sqlx::PgPool::connect(reader.database.url()).await.unwrap();
    let texts: Vec<String> =
        sqlx::query_scalar("select n::text from t order by mint collate \"C\", timestamp")
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    let expected: Vec<u64> = texts
        .iter()
        .map(|t| t.parse::<f64>().unwrap().to_bits())
        .collect();
    let found: Vec<u64> = read
        .panel
        .column("n")
        .unwrap()
        .iter()
        .map(|v| v.to_bits())
        .collect();
    assert_eq!(found.len(), 6000);
    assert!(found == expected, "a number differs from its text");
}

#[tokio::test]
async fn rows_come_by_entity_then_time_with_gaps_and_shared_timestamps_kept() {
    let reader = Reader::new(&ticks(&[
        ("b", 5),
        ("a", 5),
        ("B", 1),
        ("b", 1),
        ("a", 1),
        ("a", 9),
        ("ä", 5),
    ]))
    .await;
    let spec = ticks_source();
    let columns = names(&spec);
    let read = reader.read(&query(&spec, &columns, range(0, 10))).await.unwrap();
    let expected = [
        ("B", vec![1]),
        ("a", vec![1, 5, 9]),
        ("b", vec![1, 5]),
        ("ä", vec![5]),
    ];
    assert_eq!(minutes(&read), expected.map(|(e, m)| (e.to_owned(), m)));
    assert_eq!(
        read.panel.column("close").unwrap(),
        [1.0, 1.0, 5.0, 9.0, 1.0, 5.0, 5.0]
    );
    assert_eq!(
        read.rows,
        PanelRows {
            in_range: 7,
            warm_up: 0,
            context: 0
        }
    );
    let again = reader.read(&query(&spec, &columns, range(0, 10))).await.unwrap();
    assert_eq!(read.fingerprint, again.fingerprint);
    reader
        .sql("update ticks set close = 5.000000000000000001 where mint = 'ä'")
        .await;
    let rounded = reader.read(&query(&spec, &columns, range(0, 10))).await.unwrap();
    assert_eq!(
        read.fingerprint, rounded.fingerprint,
        "the fingerprint is that of the numbers as they are read"
    );
    reader.sql("update ticks set close = 5.1 where mint = 'ä'").await;
    let changed = reader.read(&query(&spec, &columns, range(0, 10))).await.unwrap();
    assert_ne!(read.fingerprint, changed.fingerprint);
}

#[tokio::test]
async fn no_row_at_or_after_the_end_is_read_and_the_start_is() {
    let reader = Reader::new(&ticks(&[("a", 9), ("a", 10), ("a", 19), ("a", 20), ("a", 21)])).await;
    let spec = ticks_source();
    let columns = names(&spec);
    for look_back in [
        LookBack::NONE,
        LookBack::bars(3),
        LookBack::time(Span::from_mins(60)),
        LookBack::Unbounded,
    ] {
        let query = PanelQuery {
            look_back,
            ..query(&spec, &columns, range(10, 20))
        };
        let read = reader.read(&query).await.unwrap();
        let expected: Vec<i64> = if look_back == LookBack::NONE {
            vec![10, 19]
        } else {
            vec![9, 10, 19]
        };
        assert_eq!(minutes(&read)[0].1, expected, "{look_back:?}");
    }
}

#[tokio::test]
async fn history_reaches_as_far_back_as_the_features_look() {
    let rows: Vec<(&str, i64)> = [1, 2, 4, 8, 16, 17]
        .iter()
        .map(|m| ("a", *m))
        .chain([("b", 15), ("b", 18), ("gone", 14), ("gone", 15), ("new", 18)])
        .collect();
    let reader = Reader::new(&ticks(&rows)).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let cases = [
        (LookBack::NONE, vec![16, 17], vec![18], 0),
        (LookBack::bars(2), vec![4, 8, 16, 17], vec![15, 18], 3),
        (
            LookBack::time(Span::from_mins(8)),
            vec![8, 16, 17],
            vec![15, 18],
            2,
        ),
        (
            LookBack::bars(1).and(LookBack::time(Span::from_mins(12))),
            vec![4, 8, 16, 17],
            vec![15, 18],
            3,
        ),
        (LookBack::bars(100), vec![1, 2, 4, 8, 16, 17], vec![15, 18], 5),
        (
            LookBack::time(Span::from_mins(u32::MAX)),
            vec![1, 2, 4, 8, 16, 17],
            vec![15, 18],
            5,
        ),
        (LookBack::Unbounded, vec![1, 2, 4, 8, 16, 17], vec![15, 18], 5),
    ];
    for (look_back, a, b, warm_up) in cases {
        let query = PanelQuery {
            look_back,
            ..query(&spec, &columns, range(16, 20))
        };
        let read = reader.read(&query).await.unwrap();
        let expected = [
            ("a".to_owned(), a),
            ("b".to_owned(), b),
            ("new".to_owned(), vec![18]),
        ];
        assert_eq!(
            minutes(&read),
            expected,
            "{look_back:?}: an entity without a row in the range needs no history"
        );
        assert_eq!(
            read.rows,
            PanelRows {
                in_range: 4,
                warm_up,
                context: 0
            },
            "{look_back:?}"
        );
        assert_eq!(reader.store.count_panel_rows(&query).await.unwrap(), read.rows);
    }
}

#[tokio::test]
async fn history_counts_bars_and_not_repeated_rows() {
    let reader = Reader::new(&ticks(&[("a", 1), ("a", 2), ("a", 2), ("a", 3)])).await;
    let spec = SourceSpec {
        duplicate_rule: DuplicateRule::KeepLast,
        ..ticks_source()
    };
    let columns = names(&spec);
    let query = PanelQuery {
        look_back: LookBack::bars(2),
        ..query(&spec, &columns, range(3, 4))
    };
    let read = reader.read(&query).await.unwrap();
    assert_eq!(minutes(&read)[0].1, [1, 2, 3]);
}

#[tokio::test]
async fn repeated_keys_are_refused_without_a_rule_and_settled_by_one() {
    let sql = ticks(&[("a", 1), ("a", 2)])
        + "; insert into ticks select mint, timestamp, 7 from ticks where close = 2";
    let reader = Reader::new(&sql).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let refused = reader
        .read(&query(&spec, &columns, range(0, 9)))
        .await
        .unwrap_err();
    assert!(
        matches!(
            &refused,
            ReadError::Panel(PanelError::DuplicateKeys { count: 1, .. })
        ),
        "{refused}"
    );
    assert_eq!(refused.reason(), Reason::DuplicateKeys);
    for (rule, kept) in [(DuplicateRule::KeepFirst, 2.0), (DuplicateRule::KeepLast, 7.0)] {
        let spec = SourceSpec {
            duplicate_rule: rule,
            ..ticks_source()
        };
        let read = reader.read(&query(&spec, &columns, range(0, 9))).await.unwrap();
        assert_eq!(read.panel.column("close").unwrap(), [1.0, kept]);
        assert_eq!(read.rows.in_range, 2);
    }
}

#[tokio::test]
async fn more_rows_than_the_limit_are_refused_with_the_count() {
    let reader = Reader::new(&ticks(&[("a", 1), ("a", 2), ("a", 3), ("a", 4)])).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let query = PanelQuery {
        max_rows: 3,
        look_back: LookBack::bars(2),
        ..query(&spec, &columns, range(3, 9))
    };
    let error = reader.read(&query).await.unwrap_err();
    let counted = PanelRows {
        in_range: 2,
        warm_up: 2,
        context: 0,
    };
    assert!(
        matches!(error, ReadError::RowLimitExceeded { rows, limit: 3 } if rows == counted),
        "{error}"
    );
    let enough = PanelQuery { max_rows: 4, ..query };
    assert_eq!(reader.read(&enough).await.unwrap().panel.rows(), 4);
}

const HOSTILE: [&str; 6] = [
    "x\"; drop table job; --",
    "'; drop table job; --",
    "a\\'b",
    "$1",
    "%s",
    "\u{202e}x",
];

/// A table whose schema, name and columns are hostile, with a row for each of [`HOSTILE`]; and a table `job` to lose.
fn hostile_source() -> (String, SourceSpec) {
    let spec = SourceSpec {
        schema: "s\"; drop table job; --".to_owned(),
        table: "t'\"; drop table job; --".to_owned(),
        entity_column: Some("e\"'; drop table job".to_owned()),
        time_column: "t\"'; drop table job".to_owned(),
        phase_column: Some("p\"'; --".to_owned()),
        columns: vec![value("v\"'; drop table job; --", DataType::Float)],
        ..ticks_source()
    };
    let ident = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let table = format!("{}.{}", ident(&spec.schema), ident(&spec.table));
    let mut sql = format!(
        "create table job (id int); create schema {}; create table {table} ({} text, {} timestamptz, {} int, {} float8)",
        ident(&spec.schema),
        ident("e\"'; drop table job"),
        ident(&spec.time_column),
        ident("p\"'; --"),
        ident(&spec.columns[0].name)
    );
    for entity in HOSTILE {
        let literal = entity.replace('\'', "''");
        sql += &format!("; insert into {table} values ('{literal}', '2026-01-01 00:01+00', 1, 2.5)");
    }
    (sql, spec)
}

#[tokio::test]
async fn hostile_names_are_names_and_nothing_else() {
    let (sql, spec) = hostile_source();
    let reader = Reader::new(&sql).await;
    let columns = names(&spec);
    for look_back in [LookBack::NONE, LookBack::bars(1), LookBack::Unbounded] {
        for entity in HOSTILE {
            let entities = [
                entity.to_owned(),
                "'); drop table job; --".to_owned(),
                "nul\0".to_owned(),
            ];
            let query = PanelQuery {
                entities: &entities,
                look_back,
                ..query(&spec, &columns, range(0, 9))
            };
            let read = reader.read(&query).await.unwrap();
            assert_eq!(minutes(&read), [(entity.to_owned(), vec![1])], "{look_back:?}");
        }
    }
    let all = reader.read(&query(&spec, &columns, range(0, 9))).await.unwrap();
    assert_eq!(all.panel.entities().len(), HOSTILE.len());
    let coverage = reader
        .store
        .source_coverage(&spec, Some(&range(0, 9)), None)
        .await
        .unwrap();
    assert_eq!(coverage.rows, 6);
    reader.sql("insert into job values (2)").await;
}

#[tokio::test]
async fn only_the_entities_asked_for_are_read() {
    let rows: Vec<(String, i64)> = (0..50)
        .flat_map(|e| [(format!("e{e}"), 1), (format!("e{e}"), 5)])
        .collect();
    let rows: Vec<(&str, i64)> = rows.iter().map(|(e, m)| (e.as_str(), *m)).collect();
    let reader = Reader::new(&ticks(&rows)).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let entities = ["e7".to_owned(), "e31".to_owned(), "unknown".to_owned()];
    let query = PanelQuery {
        entities: &entities,
        look_back: LookBack::Unbounded,
        ..query(&spec, &columns, range(3, 9))
    };
    let read = reader.read(&query).await.unwrap();
    assert_eq!(read.panel.entities(), ["e31", "e7"]);
    assert_eq!(
        read.rows,
        PanelRows {
            in_range: 2,
            warm_up: 2,
            context: 0
        }
    );
}

#[tokio::test]
async fn entities_may_be_uuids_and_numbers_and_sources_views_and_partitions() {
    let reader = Reader::new(
        "create table parts (id int, timestamp timestamptz, close real) partition by range (timestamp);
         create table parts_1 partition of parts for values from ('2026-01-01') to ('2026-01-02');
         insert into parts values (10, '2026-01-01 00:01+00', 1), (9, '2026-01-01 00:01+00', 2);
         create view seen as select id as mint, timestamp, close from parts;
         create materialized view kept as select '6ecd8c99-4036-403d-bf84-cf8400f67836'::uuid as mint, timestamp, close from parts where id = 9",
    )
    .await;
    for (table, entity_column, entities) in [
        ("parts", "id", vec!["10", "9"]),
        ("seen", "mint", vec!["10", "9"]),
        ("kept", "mint", vec!["6ecd8c99-4036-403d-bf84-cf8400f67836"]),
    ] {
        let spec = SourceSpec {
            entity_column: Some(entity_column.to_owned()),
            ..source(table, vec![value("close", DataType::Float)])
        };
        assert!(
            reader
                .store
                .verify_source(&spec, "source")
                .await
                .unwrap()
                .is_empty()
        );
        let columns = names(&spec);
        let only = entities.iter().map(ToString::to_string).collect::<Vec<_>>();
        let query = PanelQuery {
            entities: &only,
            ..query(&spec, &columns, range(0, 9))
        };
        assert_eq!(reader.read(&query).await.unwrap().panel.entities(), entities);
    }
}

#[tokio::test]
async fn a_table_that_changed_is_found_out_before_a_row_is_read() {
    let reader = Reader::new(&ticks(&[("a", 1)])).await;
    let spec = ticks_source();
    let columns = names(&spec);
    reader
        .sql("alter table ticks alter close type text using close::text")
        .await;
    let error = reader
        .read(&query(&spec, &columns, range(0, 9)))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ReadError::SchemaChanged(v) if v.iter().count() == 1),
        "{error}"
    );
    assert_eq!(error.reason(), Reason::SchemaChanged);
    reader
        .sql("alter table ticks drop close, drop mint, alter timestamp type timestamp")
        .await;
    let found = reader.store.verify_source(&spec, "source").await.unwrap();
    let fields: Vec<&str> = found.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        ["source.entity_column", "source.time_column", "source.columns[0]"]
    );
    reader.sql("drop table ticks").await;
    let found = reader.store.verify_source(&spec, "source").await.unwrap();
    assert_eq!(
        found.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(),
        ["source.table"]
    );
    let unknown = ["open".to_owned()];
    let error = reader
        .read(&query(&spec, &unknown, range(0, 9)))
        .await
        .unwrap_err();
    assert!(matches!(error, ReadError::SchemaChanged(_)));
}

#[tokio::test]
async fn a_row_without_an_entity_is_refused_by_its_column() {
    let sql = ticks(&[("a", 1)]) + "; insert into ticks values (null, '2026-01-01 00:01+00', 1)";
    let reader = Reader::new(&sql).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let error = reader
        .read(&query(&spec, &columns, range(0, 9)))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ReadError::Value { row: 2, column, .. } if column == "mint"),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_can_be_stopped_and_says_how_far_it_is() {
    let reader = Reader::new(
        "create table ticks as select 'a' as mint, timestamptz '2026-01-01 00:00+00' + i * interval '1 millisecond' as timestamp,
         i::numeric as close from generate_series(1, 35000) i",
    )
    .await;
    let spec = ticks_source();
    let columns = names(&spec);
    let query = query(&spec, &columns, range(0, 9));
    let mut seen = Vec::new();
    let whole = reader
        .store
        .read_panel(&query, &mut |p| {
            seen.push((p.rows, p.expected));
            ControlFlow::Continue(())
        })
        .await;
    assert_eq!(whole.unwrap().panel.rows(), 35000);
    assert_eq!(seen, [0, 10000, 20000, 30000, 35000].map(|rows| (rows, 35000)));
    let stop = &mut |p: ReadProgress| {
        if p.rows >= 20000 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let stopped = reader.store.read_panel(&query, stop).await;
    assert!(matches!(stopped, Err(ReadError::Stopped)));
    assert_eq!(
        reader.read(&query).await.unwrap().panel.rows(),
        35000,
        "the store serves on"
    );
}

#[tokio::test]
async fn entities_go_on_in_batches_while_others_are_read() {
    let reader = Reader::new(
        "create table ticks as select (array['a', 'b', 'c', 'd'])[1 + i / 9000] as mint,
         timestamptz '2026-01-01 00:00+00' + i * interval '1 millisecond' as timestamp, i::numeric as close
         from generate_series(0, 35999) i order by md5(i::text)",
    )
    .await;
    let spec = ticks_source();
    let columns = names(&spec);
    let query = query(&spec, &columns, range(0, 9));
    let whole = reader.read(&query).await.unwrap();
    let (to, mut from) = mpsc::channel(1);
    let batches = Batches {
        rows: 10_000,
        whole: 0,
        to,
    };
    let mut most = 0;
    let mut on_rows = |at: ReadProgress| {
        most = most.max(at.held);
        ControlFlow::Continue(())
    };
    let taken = async {
        let mut taken = Vec::new();
        while let Some(batch) = from.recv().await {
            taken.push((batch.panel, batch.place));
            if batch.place == Place::Last {
                break;
            }
        }
        taken
    };
    let (read, taken) = tokio::join!(reader.store.read_batches(&query, &batches, &mut on_rows), taken);
    let read = read.unwrap();
    assert_eq!((read.fingerprint, read.rows), (whole.fingerprint, whole.rows));
    let shown: Vec<(Vec<String>, usize)> = taken
        .iter()
        .map(|(panel, _)| (panel.entities().to_vec(), panel.rows()))
        .collect();
    let named = |names: &[&str], rows| (names.iter().map(|name| (*name).to_owned()).collect(), rows);
    assert_eq!(shown, [named(&["a", "b"], 18_000), named(&["c", "d"], 18_000)]);
    let places: Vec<Place> = taken.iter().map(|(_, place)| *place).collect();
    assert_eq!(places, [Place::More, Place::Last]);
    let closes: Vec<f64> = taken
        .iter()
        .flat_map(|(panel, _)| panel.column("close").unwrap().to_vec())
        .collect();
    assert_eq!(closes, whole.panel.column("close").unwrap());
    assert!(
        (17_000..30_000).contains(&most),
        "so many rows were held at once: {most}"
    );
}

#[tokio::test]
async fn a_source_of_few_rows_goes_on_at_once_and_no_row_more_does() {
    let rows: Vec<(&str, i64)> = vec![("c", 3), ("a", 2), ("b", 4), ("a", 1)];
    let reader = Reader::new(&ticks(&rows)).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let query = query(&spec, &columns, range(0, 9));
    let expected = reader.read(&query).await.unwrap();
    for (whole, parts) in [(4, 1), (3, 3)] {
        let (to, mut from) = mpsc::channel(4);
        let batches = Batches { rows: 1, whole, to };
        let read = reader
            .store
            .read_batches(&query, &batches, &mut |_| ControlFlow::Continue(()))
            .await
            .unwrap();
        assert_eq!(
            (read.fingerprint, read.rows),
            (expected.fingerprint.clone(), expected.rows)
        );
        let mut entities = Vec::new();
        for part in 1..=parts {
            let batch = from.try_recv().unwrap();
            entities.extend(batch.panel.entities().to_vec());
            assert_eq!(batch.place == Place::Last, part == parts, "{whole}");
        }
        assert_eq!(entities, ["a", "b", "c"], "{whole}");
    }
}

#[tokio::test]
async fn a_read_whose_batches_nobody_takes_stops() {
    let reader = Reader::new(&ticks(&[("a", 1), ("b", 2), ("c", 3)])).await;
    let spec = ticks_source();
    let columns = names(&spec);
    let query = query(&spec, &columns, range(0, 9));
    let (to, from) = mpsc::channel(1);
    drop(from);
    let batches = Batches {
        rows: 1,
        whole: 0,
        to,
    };
    let read = reader
        .store
        .read_batches(&query, &batches, &mut |_| ControlFlow::Continue(()))
        .await;
    assert!(matches!(read, Err(ReadError::Stopped)), "{read:?}");
    assert_eq!(
        reader.read(&query).await.unwrap().panel.rows(),
        3,
        "the store serves on"
    );
}

#[tokio::test]
async fn a_read_that_takes_too_long_ends_with_a_timeout() {
    let reader = Reader::new(
        "create view ticks as select 'a'::text as mint, timestamptz '2026-01-01 00:01+00' as timestamp,
         (case when pg_sleep(3600) is null then 1 end)::numeric as close",
    )
    .await;
    let spec = ticks_source();
    let columns = names(&spec);
    let query = PanelQuery {
        timeout: Duration::from_millis(50),
        ..query(&spec, &columns, range(0, 9))
    };
    let error = reader.read(&query).await.unwrap_err();
    assert!(
        matches!(error, ReadError::Store(StoreError::Timeout { .. })),
        "{error}"
    );
    assert_eq!(error.reason(), Reason::DeadlineExceeded);
}

#[tokio::test]
async fn sources_are_read_as_a_role_that_may_read_nothing_else() {
    let reader = Reader::new(&ticks(&[("a", 1), ("b", 2)])).await;
    let role = format!("features_{}", uuid::Uuid::new_v4().simple());
    reader
        .sql(&format!(
            "create role {role}; create table hidden as select * from ticks; grant select on ticks to {role}"
        ))
        .await;
    let as_role = Store::connect(&StoreConfig {
        source_role: Some(role.clone()),
        ..StoreConfig::new(reader.database.url(), "test")
    })
    .await
    .unwrap();
    let spec = ticks_source();
    let columns = names(&spec);
    let stop_never = &mut |_| ControlFlow::Continue(());
    let read = as_role
        .read_panel(&query(&spec, &columns, range(0, 9)), stop_never)
        .await;
    assert_eq!(read.unwrap().rows.in_range, 2);
    assert_eq!(as_role.source_coverage(&spec, None, None).await.unwrap().rows, 2);
    let hidden = SourceSpec {
        table: "hidden".to_owned(),
        ..ticks_source()
    };
    let refused = as_role
        .read_panel(&query(&hidden, &columns, range(0, 9)), stop_never)
        .await;
    assert!(matches!(refused, Err(ReadError::SchemaChanged(_))), "{refused:?}");
    assert!(as_role.source_coverage(&hidden, None, None).await.is_err());
    let found = as_role.verify_source(&hidden, "source").await.unwrap();
    assert!(found.to_string().contains("that may be read"), "{found}");
    assert!(
        reader
            .store
            .verify_source(&hidden, "source")
            .await
            .unwrap()
            .is_empty()
    );
    // The role is that of one transaction: the next call on the connection is the service's own.
    assert!(as_role.ping().await.is_ok());
    reader
        .sql(&format!("drop owned by {role}; drop role {role}"))
        .await;
    let gone = as_role
        .read_panel(&query(&spec, &columns, range(0, 9)), stop_never)
        .await;
    assert!(
        matches!(gone, Err(ReadError::Store(StoreError::Statement { .. }))),
        "{gone:?}"
    );
}

#[tokio::test]
async fn a_source_is_never_written() {
    let reader = Reader::new(
        "create table log (n int); create function f() returns numeric language sql as 'insert into log values (1) returning 1::numeric';
         create view ticks as select 'a'::text as mint, timestamptz '2026-01-01 00:01+00' as timestamp, f() as close",
    )
    .await;
    let spec = ticks_source();
    let columns = names(&spec);
    let error = reader
        .read(&query(&spec, &columns, range(0, 9)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
}

#[tokio::test]
async fn coverage_counts_what_there_is_and_what_is_missing() {
    let sql = "create table t (mint text, timestamp timestamptz, phase int, close numeric, volume real);
        insert into t values ('a', '2026-01-01 00:01+00', 1, 1, null), ('a', '2026-01-01 00:02+00', 1, 2, 1),
          ('a', '2026-01-01 00:02+00', 1, 3, 1), ('a', '2026-01-01 00:10+00', 2, null, null),
          ('b', '2026-01-01 00:02+00', null, 1, 1), ('b', '2026-01-01 00:05+00', 99, 1, 1), ('b', '2026-01-01 00:50+00', 99, 1, 1),
          ('b', '2026-01-01 01:40+00', 1, 1, 1)";
    let reader = Reader::new(sql).await;
    let phase = |id, mins| SourcePhase {
        id,
        display_name: String::new(),
        bar_interval: Span::from_mins(mins),
    };
    let spec = SourceSpec {
        phase_column: Some("phase".to_owned()),
        phases: vec![phase(1, 1), phase(99, 0)],
        ..source(
            "t",
            vec![
                value("close", DataType::Numeric),
                value("volume", DataType::Float),
            ],
        )
    };
    let coverage = reader
        .store
        .source_coverage(&spec, Some(&range(0, 60)), None)
        .await
        .unwrap();
    assert_eq!((coverage.rows, coverage.entities, coverage.duplicates), (7, 2, 1));
    assert_eq!(
        (coverage.first, coverage.last),
        (Some(minute(1)), Some(minute(50)))
    );
    assert_eq!(
        coverage.columns.iter().map(|c| c.nulls).collect::<Vec<_>>(),
        [1, 2]
    );
    let phases: Vec<_> = coverage.phases.iter().map(|p| (p.phase, p.rows)).collect();
    assert_eq!(phases, [(Some(1), 3), (Some(2), 1), (Some(99), 2), (None, 1)]);
    assert_eq!(coverage.gaps.count, 2, "no bars are expected after a final phase");
    assert_eq!(coverage.gaps.longest, Some((Span::from_mins(8), "a".to_owned())));
    assert_eq!(
        reader
            .store
            .source_coverage(&spec, None, None)
            .await
            .unwrap()
            .rows,
        8
    );
    let empty = reader
        .store
        .source_coverage(&spec, Some(&range(1000, 2000)), None)
        .await
        .unwrap();
    assert_eq!((empty.rows, empty.first, empty.gaps.longest), (0, None, None));
}

fn candles_table(name: &str) -> TableDefinition {
    let column = |name: &str, column_type| ColumnDefinition {
        name: name.to_owned(),
        column_type,
        nullable: Nullable::Yes,
    };
    TableDefinition {
        schema: "public".to_owned(),
        table: name.to_owned(),
        columns: vec![
            column("mint", ColumnType::Text),
            column("timestamp", ColumnType::TimestampTz),
            column(
                "close",
                ColumnType::Numeric {
                    precision: 30,
                    scale: 18,
                },
            ),
        ],
        index: vec!["mint".to_owned(), "timestamp".to_owned()],
    }
}

#[tokio::test]
async fn a_table_is_made_once_and_one_with_other_columns_is_refused() {
    let reader = Reader::new("select 1").await;
    let mut definition = candles_table("can\"dles");
    assert_eq!(
        reader.store.create_table(&definition).await.unwrap(),
        MadeTable::Created
    );
    assert_eq!(
        reader.store.create_table(&definition).await.unwrap(),
        MadeTable::Existing
    );
    definition.columns.pop();
    let other = reader.store.create_table(&definition).await;
    assert!(matches!(other, Err(StoreError::Conflict { .. })), "{other:?}");
}

#[tokio::test]
async fn a_table_is_filled_by_all_rows_or_none_and_read_back() {
    let reader = Reader::new("select 1").await;
    let definition = candles_table("can\"dles");
    reader.store.create_table(&definition).await.unwrap();
    let columns: Vec<String> = definition.columns.iter().map(|c| c.name.clone()).collect();
    let row = |i: i32| {
        format!(
            "\"a, \"\"b\"\"\",2026-01-01T00:00:{:02}.{:03}Z,{}",
            i / 1000,
            i % 1000,
            f64::from(i) / 8.0
        )
    };
    let rows = (0..5000).map(row).chain(["z,2026-01-01T00:00:00Z,".to_owned()]);
    let copied = reader.store.copy_csv("public", "can\"dles", &columns, rows).await;
    assert_eq!(copied.unwrap(), 5001);
    let spec = source("can\"dles", vec![value("close", DataType::Numeric)]);
    let wanted = names(&spec);
    let read = reader.read(&query(&spec, &wanted, range(0, 9))).await.unwrap();
    assert_eq!(read.panel.entities(), ["a, \"b\"", "z"]);
    let close = read.panel.column("close").unwrap();
    assert!(close[4999] == 4999.0 / 8.0 && close[5000].is_nan());
    let bad = [
        "b,2026-01-01T00:00:00Z,1".to_owned(),
        "a,yesterday at noon o'clock,1".to_owned(),
    ];
    let refused = reader.store.copy_csv("public", "can\"dles", &columns, bad).await;
    assert!(
        matches!(refused, Err(StoreError::Statement { .. })),
        "{refused:?}"
    );
    let again = reader.read(&query(&spec, &wanted, range(0, 9))).await.unwrap();
    assert_eq!(again.fingerprint, read.fingerprint, "all rows or none");
}

#[tokio::test]
async fn a_view_that_names_a_lost_table_is_the_sources_fault_and_not_the_schemas() {
    let reader = Reader::new(
        "create function lost() returns float8 language plpgsql as 'begin return (select x from nowhere); end';
         create table t (mint text, timestamp timestamptz);
         insert into t values ('a', '2026-01-01T00:00:00Z');
         create view v as select mint, timestamp, lost() as close from t",
    )
    .await;
    let spec = source("v", vec![value("close", DataType::Float)]);
    let wanted = names(&spec);
    let error = reader
        .read(&query(&spec, &wanted, range(0, 9)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ReadError::Store(StoreError::Statement { .. })),
        "{error:?}"
    );
    let covered = reader.store.source_coverage(&spec, None, None).await.unwrap_err();
    assert!(matches!(covered, StoreError::Statement { .. }), "{covered:?}");
    let mut elsewhere = candles_table("candles");
    elsewhere.schema = "nowhere".to_owned();
    let refused = reader.store.create_table(&elsewhere).await.unwrap_err();
    assert!(matches!(refused, StoreError::Statement { .. }), "{refused:?}");
}
