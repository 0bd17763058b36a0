//! The steps of a read: one snapshot, each table checked against the catalogue, rows counted, rows copied.

use super::copy_binary::{Kind, Layout};
use super::copying::{Copying, Say};
use super::part::Part;
use super::reading::Reading;
use super::{
    Batches, PanelBatch, PanelQuery, PanelRead, PanelRows, PanelSummary, Place, ReadError, ReadProgress,
};
use crate::source_sql::Order;
use crate::sources::{differences, inspect};
use crate::{Store, StoreError, source_sql, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::Reason;
use mltraining_panel::catalogue::LookBack;
use mltraining_panel::{Gathered, Panel};
use sqlx::PgConnection;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// Values of loose rows from which on two streams are worth a second connection.
const VALUES_OF_TWO_STREAMS: u64 = 1_000_000;

/// A part that can be read: its table is as the catalogue says.
pub(super) struct Checked<'a> {
    part: Part<'a>,
    layout: Layout,
    /// Whether its table can be read in parts.
    stored: bool,
    /// About the middle of its rows in time; `None` where there are none.
    middle: Option<DateTime<Utc>>,
}

impl<'a> Checked<'a> {
    /// The part in two, if its rows have a time between them.
    fn halves(&self) -> Option<[Part<'a>; 2]> {
        self.part.halves(self.middle.filter(|_| self.stored)?)
    }
}

/// Checks every table and counts every row that is to be read. A context is read as far back as the earliest row of the source
/// asks for, and not at all without one.
pub(super) async fn foresee<'a>(
    connection: &mut PgConnection,
    query: &PanelQuery<'a>,
) -> Result<(Vec<Checked<'a>>, PanelRows), ReadError> {
    let source = check(connection, Part::of(query), query.timeout).await?;
    let (mut rows, earliest) = (source.rows, source.earliest);
    let mut parts = vec![source.checked];
    for context in query.contexts {
        let part = Part::of_context(query, context, earliest.unwrap_or(query.range.end));
        let context = check(connection, part, query.timeout).await?;
        rows.context += context.rows.total();
        parts.push(context.checked);
    }
    Ok((parts, rows))
}

/// A part, and what was counted of it.
struct Counted<'a> {
    checked: Checked<'a>,
    rows: PanelRows,
    /// The time of the earliest row.
    earliest: Option<DateTime<Utc>>,
}

async fn check<'a>(
    connection: &mut PgConnection,
    mut part: Part<'a>,
    timeout: Duration,
) -> Result<Counted<'a>, ReadError> {
    settle(connection, &part, timeout).await?;
    let (layout, stored) = layout(connection, &part).await?;
    if part.rows.look_back != LookBack::NONE && !has_history(connection, &part).await? {
        part.rows.look_back = LookBack::NONE; // to look whose history it is takes longer than to read it
    }
    let (rows, earliest, middle) = count(connection, &part).await?;
    let time = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros);
    Ok(Counted {
        checked: Checked {
            part,
            layout,
            stored,
            middle: time(middle),
        },
        rows,
        earliest: time(earliest),
    })
}

/// Whether there is a row before the range that may be history.
async fn has_history(connection: &mut PgConnection, part: &Part<'_>) -> Result<bool, ReadError> {
    let found: (bool,) = sqlx::query_as(source_sql::has_history(&part.rows))
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(StoreError::from_sqlx)?;
    Ok(found.0)
}

/// What the statements of a part find set.
async fn settle(connection: &mut PgConnection, part: &Part<'_>, timeout: Duration) -> Result<(), ReadError> {
    // A text cannot hold a NUL: such an entity has no rows.
    let entities: Vec<&String> = part.entities.iter().filter(|e| !e.contains('\0')).collect();
    let timeout = timeout.as_millis().max(1).to_string();
    let entities = stored::to_json(&entities).to_string();
    sqlx::query_file!(
        "sql/reader/settings.sql",
        timeout,
        source_sql::ENTITIES_SETTING,
        entities
    )
    .fetch_one(connection)
    .await
    .map_err(StoreError::from)?;
    Ok(())
}

/// Checks a table against the catalogue, in the read's own snapshot, and says how its columns are sent and whether its rows are stored.
async fn layout(connection: &mut PgConnection, part: &Part<'_>) -> Result<(Layout, bool), ReadError> {
    let source = part.source();
    let field = part.field();
    let table = inspect(connection, &source.schema, &source.table).await?;
    let mut found = differences(source, table.as_ref(), &field);
    for name in part.columns.iter().filter(|name| source.column(name).is_none()) {
        found.add(
            format!("{field}.columns"),
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
    let layout = Layout {
        phase: source.phase_column.as_ref().map(kind),
        values: part.columns.iter().map(kind).collect(),
    };
    Ok((layout, table.is_some_and(|table| table.stored)))
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

/// The rows of a part, the time of the earliest and about the middle of all, in microseconds.
async fn count(
    connection: &mut PgConnection,
    part: &Part<'_>,
) -> Result<(PanelRows, Option<i64>, Option<i64>), ReadError> {
    // Not kept as a prepared statement: the next query has another text.
    let (in_range, warm_up, earliest, middle): (i64, i64, Option<i64>, Option<i64>) =
        sqlx::query_as(source_sql::count(&part.rows))
            .persistent(false)
            .fetch_one(connection)
            .await
            .map_err(StoreError::from_sqlx)?;
    let rows = PanelRows {
        in_range: in_range.unsigned_abs(),
        warm_up: warm_up.unsigned_abs(),
        context: 0,
    };
    Ok((rows, earliest, middle))
}

/// Copies all parts and holds them at once.
pub(super) async fn whole(
    store: &Store,
    reading: &mut Reading,
    query: &PanelQuery<'_>,
    parts: Vec<Checked<'_>>,
    expected: PanelRows,
    on_rows: &mut (dyn FnMut(ReadProgress) -> ControlFlow<()> + Send),
) -> Result<PanelRead, ReadError> {
    let (batches, only) = Batches::whole();
    let summary = copy_all(store, reading, query, parts, expected, &batches, on_rows).await?;
    Ok(PanelRead::of(only, summary))
}

/// Copies the rows of the context `name`.
async fn copy_context(
    connection: &mut PgConnection,
    name: &str,
    Checked { part, layout, .. }: Checked<'_>,
    timeout: Duration,
    say: Say<'_>,
) -> Result<Gathered, ReadError> {
    settle(connection, &part, timeout).await?;
    let mut copying = Copying::of(&part, layout, Order::AsTheyCome);
    copying.run(connection, None, say).await?;
    copying.finish().await.map_err(|error| match error {
        ReadError::Panel(error) => ReadError::Context {
            context: name.to_owned(),
            error,
        },
        other => other,
    })
}

/// Copies the rows of each context, then the source's, which go out in batches with the contexts beside each.
pub(super) async fn copy_all(
    store: &Store,
    reading: &mut Reading,
    query: &PanelQuery<'_>,
    parts: Vec<Checked<'_>>,
    expected: PanelRows,
    batches: &Batches,
    on_rows: &mut (dyn FnMut(ReadProgress) -> ControlFlow<()> + Send),
) -> Result<PanelSummary, ReadError> {
    let mut before = 0;
    let mut say = |arrived, held, before| {
        let progress = ReadProgress {
            rows: before + arrived,
            expected: expected.total(),
            held,
        };
        match on_rows(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ReadError::Stopped),
        }
    };
    let mut parts = parts.into_iter();
    let source = parts.next().expect("the source is the first part");
    let (mut contexts, mut prints) = (Vec::new(), Vec::new());
    for (context, part) in query.contexts.iter().zip(parts) {
        let say = &mut |arrived, held| say(arrived, held, before);
        let read = copy_context(reading.first(), &context.name, part, query.timeout, say).await?;
        before += read.panel.rows() as u64;
        contexts.push((context.name.clone(), Arc::new(read.panel)));
        prints.push((context.name.clone(), read.fingerprint));
    }
    let mut rows = PanelRows {
        context: before,
        ..PanelRows::default()
    };
    let mut handing = Handing {
        batches,
        contexts,
        start: query.range.start_micros(),
        rows: &mut rows,
    };
    let mut say = |arrived, held| say(arrived, held, before);
    let of_source = expected.in_range + expected.warm_up;
    let read = copy_source(
        store,
        reading,
        query.timeout,
        source,
        of_source,
        &mut handing,
        &mut say,
    )
    .await?;
    handing.hand(read.panel, Place::Last).await?;
    Ok(PanelSummary {
        fingerprint: read.fingerprint.with_contexts(prints),
        rows,
        duplicates: read.duplicates,
    })
}

/// Copies the rows of the source, of which so many are expected: in the panel's order, or loose where all are held anyway, and then
/// by two connections where they are many.
async fn copy_source(
    store: &Store,
    reading: &mut Reading,
    timeout: Duration,
    source: Checked<'_>,
    rows: u64,
    handing: &mut Handing<'_>,
    say: Say<'_>,
) -> Result<Gathered, ReadError> {
    let order = if rows <= handing.batches.whole {
        Order::AsTheyCome
    } else {
        Order::OfThePanel
    };
    let values = rows.saturating_mul(2 + source.part.columns.len() as u64);
    let halves = match order {
        Order::AsTheyCome if values >= VALUES_OF_TWO_STREAMS => source.halves(),
        Order::AsTheyCome | Order::OfThePanel => None,
    };
    if halves.is_some() {
        reading.widen(store).await?;
    }
    let mut copying = Copying::of(&source.part, source.layout, order);
    if let (Some(halves), Some([first, second])) = (halves, reading.both()) {
        settle(first, &halves[0], timeout).await?;
        settle(second, &halves[1], timeout).await?;
        copying.run_halves([first, second], &halves, say).await?;
    } else {
        let connection = reading.first();
        settle(connection, &source.part, timeout).await?;
        copying.run(connection, Some(handing), say).await?;
    }
    copying.finish().await
}

/// The way of the source's rows out.
pub(super) struct Handing<'a> {
    batches: &'a Batches,
    contexts: Vec<(String, Arc<Panel>)>,
    /// The start of the range, microseconds.
    start: i64,
    /// Counts what goes out.
    rows: &'a mut PanelRows,
}

impl Handing<'_> {
    /// So many rows go out together, or more.
    pub(super) fn rows(&self) -> usize {
        self.batches.rows
    }

    /// Waits until there is room.
    pub(super) async fn hand(&mut self, panel: Panel, place: Place) -> Result<(), ReadError> {
        let in_range = panel.times().iter().filter(|time| **time >= self.start).count();
        self.rows.in_range += in_range as u64;
        self.rows.warm_up += (panel.rows() - in_range) as u64;
        let batch = PanelBatch {
            panel: panel.with_contexts(self.contexts.clone()),
            place,
        };
        // Nobody takes them any more: whoever did knows why.
        self.batches.to.send(batch).await.map_err(|_| ReadError::Stopped)
    }
}
