//! The steps of a read: one snapshot, each table checked against the catalogue, rows counted, rows copied.

use super::arriving::Arriving;
use super::copy_binary::{BadRow, Decoder, Kind, Layout};
use super::part::Part;
use super::{
    Batches, PanelBatch, PanelQuery, PanelRows, PanelSummary, Place, ReadError, ReadProgress, SNAPSHOT,
};
use crate::source_sql::Order;
use crate::sources::{differences, inspect};
use crate::{StoreError, source_sql, stored};
use chrono::DateTime;
use futures::TryStreamExt;
use mltraining_domain::Reason;
use mltraining_panel::{Gathered, Panel, PanelError};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// How often the caller hears of progress.
const ROWS_PER_CALL: u64 = 10_000;

/// Opens the one snapshot that all statements of a read see.
pub(super) async fn begin(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, ReadError> {
    Ok(connection.begin_with(SNAPSHOT).await.map_err(StoreError::from)?)
}

/// A part that can be read: its table is as the catalogue says.
pub(super) struct Checked<'a> {
    part: Part<'a>,
    layout: Layout,
}

/// Checks every table and counts every row that is to be read. A context is read as far back as the earliest row of the source
/// asks for, and not at all without one.
pub(super) async fn foresee<'a>(
    connection: &mut PgConnection,
    query: &PanelQuery<'a>,
) -> Result<(Vec<Checked<'a>>, PanelRows), ReadError> {
    let part = Part::of(query);
    settle(connection, &part, query.timeout).await?;
    let layout = layout(connection, &part).await?;
    let (mut rows, earliest) = count(connection, &part).await?;
    let mut parts = vec![Checked { part, layout }];
    let earliest = earliest.and_then(DateTime::from_timestamp_micros);
    for context in query.contexts {
        let part = Part::of_context(query, context, earliest.unwrap_or(query.range.end));
        settle(connection, &part, query.timeout).await?;
        let layout = self::layout(connection, &part).await?;
        let (of_context, _) = count(connection, &part).await?;
        rows.context += of_context.total();
        parts.push(Checked { part, layout });
    }
    Ok((parts, rows))
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

/// Checks a table against the catalogue, in the read's own snapshot, and says how its columns are sent.
async fn layout(connection: &mut PgConnection, part: &Part<'_>) -> Result<Layout, ReadError> {
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
    Ok(Layout {
        phase: source.phase_column.as_ref().map(kind),
        values: part.columns.iter().map(kind).collect(),
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

/// The rows of a part, and the time of the earliest in microseconds.
async fn count(
    connection: &mut PgConnection,
    part: &Part<'_>,
) -> Result<(PanelRows, Option<i64>), ReadError> {
    // Not kept as a prepared statement: the next query has another text.
    let (in_range, warm_up, earliest): (i64, i64, Option<i64>) =
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
    Ok((rows, earliest))
}

/// Copies the rows of the context `name`.
async fn copy_context(
    connection: &mut PgConnection,
    name: &str,
    Checked { part, layout }: Checked<'_>,
    timeout: Duration,
    say: &mut (dyn FnMut(u64, u64) -> Result<(), ReadError> + Send),
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
    connection: &mut PgConnection,
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
        let read = copy_context(connection, &context.name, part, query.timeout, say).await?;
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
    settle(connection, &source.part, query.timeout).await?;
    let order = if expected.in_range + expected.warm_up <= batches.whole {
        Order::AsTheyCome
    } else {
        Order::OfThePanel
    };
    let mut copying = Copying::of(&source.part, source.layout, order);
    copying
        .run(connection, Some(&mut handing), &mut |arrived, held| {
            say(arrived, held, before)
        })
        .await?;
    let read = copying.finish().await?;
    handing.hand(read.panel, Place::Last).await?;
    Ok(PanelSummary {
        fingerprint: read.fingerprint.with_contexts(prints),
        rows,
        duplicates: read.duplicates,
    })
}

/// The way of the source's rows out.
struct Handing<'a> {
    batches: &'a Batches,
    contexts: Vec<(String, Arc<Panel>)>,
    /// The start of the range, microseconds.
    start: i64,
    /// Counts what goes out.
    rows: &'a mut PanelRows,
}

impl Handing<'_> {
    /// Waits until there is room.
    async fn hand(&mut self, panel: Panel, place: Place) -> Result<(), ReadError> {
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

/// One part under way.
struct Copying<'a> {
    part: &'a Part<'a>,
    order: Order,
    arriving: Arriving,
    decoder: Decoder,
}

impl<'a> Copying<'a> {
    fn of(part: &'a Part<'a>, layout: Layout, order: Order) -> Self {
        Self {
            part,
            order,
            arriving: Arriving::new(part.columns.to_vec(), part.source().duplicate_rule, order),
            decoder: Decoder::new(layout),
        }
    }

    /// The rows as a panel, or those that were not handed over.
    async fn finish(self) -> Result<Gathered, ReadError> {
        let rule = self.part.source().duplicate_rule;
        // Putting loose rows in order takes a while: not on a thread that others wait for.
        let work = tokio::task::spawn_blocking(move || self.arriving.finish(rule));
        Ok(work.await.map_err(|_| ReadError::Stopped)??)
    }

    /// Copies the part; with `handing`, whole entities go out as soon as there are enough rows of them. `say` hears of rows that
    /// have arrived and of those that are held, at the start too.
    async fn run(
        &mut self,
        connection: &mut PgConnection,
        mut handing: Option<&mut Handing<'_>>,
        say: &mut (dyn FnMut(u64, u64) -> Result<(), ReadError> + Send),
    ) -> Result<(), ReadError> {
        say(0, 0)?;
        let (part, arriving) = (self.part, &mut self.arriving);
        // The stream enters the span in which it is made again for each row: without one, that costs nothing.
        let mut stream = connection
            .copy_out_raw(&part.statement(self.order))
            .with_subscriber(NoSubscriber::new())
            .await
            .map_err(StoreError::from_sqlx)?;
        while let Some(piece) = stream.try_next().await.map_err(StoreError::from_sqlx)? {
            self.decoder
                .feed(&piece, |row| {
                    arriving.push(&row.entity, row.time, row.phase, &row.values)?;
                    if arriving.arrived().is_multiple_of(ROWS_PER_CALL) {
                        say(arriving.arrived(), arriving.held())?;
                    }
                    Ok::<(), Fault>(())
                })
                .map_err(|fault| fault.into_read_error(part))?;
            if let (Some(handing), Arriving::InOrder(builder)) = (&mut handing, &mut *arriving)
                && builder.whole_rows() >= handing.batches.rows
            {
                handing.hand(builder.take_whole(), Place::More).await?;
            }
        }
        drop(stream);
        self.decoder
            .finish()
            .map_err(|bad| Fault::Bad(bad).into_read_error(part))?;
        say(arriving.arrived(), arriving.held())
    }
}

/// What can stop the stream: a bad row is named once the part is at hand.
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
    fn into_read_error(self, part: &Part<'_>) -> ReadError {
        let bad = match self {
            Self::Read(error) => return error,
            Self::Bad(bad) => bad,
        };
        let source = part.source();
        let series = "all".to_owned();
        let entity = source.entity_column.as_ref().unwrap_or(&series);
        let keys = [
            Some(entity),
            Some(&source.time_column),
            source.phase_column.as_ref(),
        ];
        let mut names = keys.into_iter().flatten().chain(part.columns);
        let column = bad.field.and_then(|place| names.nth(place)).cloned();
        ReadError::Value {
            row: bad.row,
            column: column.unwrap_or_default(),
            detail: bad.detail.to_owned(),
        }
    }
}
