//! The steps of a read: one snapshot, the table checked against the catalogue, rows counted, rows copied.

use super::copy_binary::{BadRow, Decoder, Kind, Layout};
use super::{PanelQuery, PanelRead, PanelRows, ReadError, ReadProgress, SNAPSHOT};
use crate::source_sql::{self, Entities, Rows};
use crate::sources::{differences, inspect};
use crate::{StoreError, stored};
use futures::TryStreamExt;
use mltraining_domain::Reason;
use mltraining_panel::{PanelBuilder, PanelError};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use std::ops::ControlFlow;

/// How often the caller hears of progress.
const ROWS_PER_CALL: u64 = 10_000;

/// Opens the one snapshot that all statements of a read see.
pub(super) async fn begin<'c>(
    connection: &'c mut PgConnection,
    query: &PanelQuery<'_>,
) -> Result<Transaction<'c, Postgres>, ReadError> {
    let mut transaction = connection.begin_with(SNAPSHOT).await.map_err(StoreError::from)?;
    // A text cannot hold a NUL: such an entity has no rows.
    let entities: Vec<&String> = query.entities.iter().filter(|e| !e.contains('\0')).collect();
    let timeout = query.timeout.as_millis().max(1).to_string();
    let entities = stored::to_json(&entities).to_string();
    sqlx::query_file!(
        "sql/reader/settings.sql",
        timeout,
        source_sql::ENTITIES_SETTING,
        entities
    )
    .fetch_one(&mut *transaction)
    .await
    .map_err(StoreError::from)?;
    Ok(transaction)
}

/// Checks the table against the catalogue, in the read's own snapshot, and says how its columns are sent.
pub(super) async fn layout(
    connection: &mut PgConnection,
    query: &PanelQuery<'_>,
) -> Result<Layout, ReadError> {
    let source = query.source;
    let table = inspect(connection, &source.schema, &source.table).await?;
    let mut found = differences(source, table.as_ref(), "source");
    for name in query.columns.iter().filter(|name| source.column(name).is_none()) {
        found.add(
            "source.columns",
            Reason::SchemaChanged,
            format!("the source has no column `{name}`"),
        );
    }
    let table = found.into_result(table).map_err(ReadError::SchemaChanged)?;
    let kind = |name: &String| {
        let column = table.as_ref().and_then(|t| t.column(name));
        column
            .and_then(|c| kind_of(&c.type_name))
            .expect("the difference above checked the types")
    };
    Ok(Layout {
        phase: source.phase_column.as_ref().map(kind),
        values: query.columns.iter().map(kind).collect(),
    })
}

fn kind_of(type_name: &str) -> Option<Kind> {
    match type_name {
        "float4" => Some(Kind::Float4),
        "float8" => Some(Kind::Float8),
        "int2" => Some(Kind::Int2),
        "int4" => Some(Kind::Int4),
        "int8" => Some(Kind::Int8),
        "numeric" => Some(Kind::Numeric),
        "bool" => Some(Kind::Bool),
        _ => None,
    }
}

fn rows<'a>(query: &PanelQuery<'a>) -> Rows<'a> {
    Rows {
        source: query.source,
        range: query.range,
        look_back: query.look_back,
        entities: if query.entities.is_empty() {
            Entities::All
        } else {
            Entities::Listed
        },
    }
}

/// The COPY of a query.
pub(super) fn statement(query: &PanelQuery<'_>) -> String {
    source_sql::copy(&rows(query), query.columns)
}

pub(super) async fn count(
    connection: &mut PgConnection,
    query: &PanelQuery<'_>,
) -> Result<PanelRows, ReadError> {
    // Not kept as a prepared statement: the next query has another text.
    let (in_range, warm_up): (i64, i64) = sqlx::query_as(source_sql::count(&rows(query)))
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(StoreError::from_sqlx)?;
    Ok(PanelRows {
        in_range: in_range.unsigned_abs(),
        warm_up: warm_up.unsigned_abs(),
    })
}

pub(super) async fn copy(
    connection: &mut PgConnection,
    query: &PanelQuery<'_>,
    layout: Layout,
    expected: PanelRows,
    on_rows: &mut (dyn FnMut(ReadProgress) -> ControlFlow<()> + Send),
) -> Result<PanelRead, ReadError> {
    let expected = expected.in_range + expected.warm_up;
    let mut say = |rows| match on_rows(ReadProgress { rows, expected }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ReadError::Stopped),
    };
    say(0)?;
    let mut builder = PanelBuilder::new(query.columns.to_vec(), query.source.duplicate_rule);
    let mut decoder = Decoder::new(layout);
    let mut stream = connection
        .copy_out_raw(&statement(query))
        .await
        .map_err(StoreError::from_sqlx)?;
    while let Some(piece) = stream.try_next().await.map_err(StoreError::from_sqlx)? {
        decoder
            .feed(&piece, |row| {
                builder.push(&row.entity, row.time, row.phase, &row.values)?;
                if builder.arrived().is_multiple_of(ROWS_PER_CALL) {
                    say(builder.arrived())?;
                }
                Ok::<(), Fault>(())
            })
            .map_err(|fault| fault.into_read_error(query))?;
    }
    drop(stream);
    decoder
        .finish()
        .map_err(|bad| Fault::Bad(bad).into_read_error(query))?;
    say(builder.arrived())?;
    let duplicates = builder.duplicates();
    let (panel, fingerprint) = builder.finish()?;
    let start = query.range.start_micros();
    let in_range = panel.times().iter().filter(|time| **time >= start).count() as u64;
    let rows = PanelRows {
        in_range,
        warm_up: panel.rows() as u64 - in_range,
    };
    Ok(PanelRead {
        panel,
        fingerprint,
        rows,
        duplicates,
    })
}

/// What can stop the stream: a bad row is named once the query is at hand.
enum Fault {
    Bad(BadRow),
    Read(ReadError),
}

impl From<BadRow> for Fault {
    fn from(bad: BadRow) -> Self {
        Self::Bad(bad)
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<PanelError> for Fault {
    fn from(error: PanelError) -> Self {
        Self::Read(error.into())
    }
}

impl Fault {
    fn into_read_error(self, query: &PanelQuery<'_>) -> ReadError {
        let bad = match self {
            Self::Read(error) => return error,
            Self::Bad(bad) => bad,
        };
        let source = query.source;
        let keys = [
            Some(&source.entity_column),
            Some(&source.time_column),
            source.phase_column.as_ref(),
        ];
        let mut names = keys.into_iter().flatten().chain(query.columns);
        let column = bad.field.and_then(|place| names.nth(place)).cloned();
        ReadError::Value {
            row: bad.row,
            column: column.unwrap_or_default(),
            detail: bad.detail.to_owned(),
        }
    }
}
