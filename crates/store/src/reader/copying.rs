//! The rows of a part on their way from Postgres, in one stream or in two beside each other.

use super::arriving::Arriving;
use super::copy_binary::{BadRow, Decoder, Layout};
use super::part::Part;
use super::read::Handing;
use super::{Place, ReadError};
use crate::StoreError;
use crate::source_sql::Order;
use futures::TryStreamExt;
use mltraining_panel::{Gathered, PanelError};
use sqlx::PgConnection;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// Threads that put rows in order: as many as streams bring them.
const THREADS: usize = 2;
/// How often the caller hears of progress.
const ROWS_PER_CALL: u64 = 10_000;

/// Hears of rows that have arrived and of those that are held; its error ends the read.
pub(super) type Say<'a> = &'a mut (dyn FnMut(u64, u64) -> Result<(), ReadError> + Send);

/// One part under way.
pub(super) struct Copying<'a> {
    part: &'a Part<'a>,
    layout: Layout,
    order: Order,
    arriving: Arriving,
}

/// Where the rows of all streams go.
struct Inflow<'a, 's> {
    arriving: &'a mut Arriving,
    say: Say<'s>,
}

impl<'a> Copying<'a> {
    pub(super) fn of(part: &'a Part<'a>, layout: Layout, order: Order) -> Self {
        Self {
            part,
            layout,
            order,
            arriving: Arriving::new(part.columns.to_vec(), part.source().duplicate_rule, order),
        }
    }

    /// The rows as a panel, or those that were not handed over.
    pub(super) async fn finish(self) -> Result<Gathered, ReadError> {
        let rule = self.part.source().duplicate_rule;
        // Putting loose rows in order takes a while: not on a thread that others wait for.
        let work = tokio::task::spawn_blocking(move || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build();
            let arriving = self.arriving;
            match pool {
                Ok(pool) => pool.install(|| arriving.finish(rule)),
                Err(_) => arriving.finish(rule),
            }
        });
        Ok(work.await.map_err(|_| ReadError::Stopped)??)
    }

    /// Copies the part in one stream; with `handing`, whole entities go out as soon as there are enough rows of them. `say` hears
    /// at the start too.
    pub(super) async fn run(
        &mut self,
        connection: &mut PgConnection,
        handing: Option<&mut Handing<'_>>,
        say: Say<'_>,
    ) -> Result<(), ReadError> {
        let inflow = Inflow::begin(&mut self.arriving, say)?;
        let decoder = Decoder::new(self.layout.clone());
        stream(connection, self.part, decoder, self.order, &inflow, handing).await?;
        locked(&inflow).say()
    }

    /// Copies loose rows by two connections that see the same, each one half.
    pub(super) async fn run_halves(
        &mut self,
        connections: [&mut PgConnection; 2],
        halves: &[Part<'_>; 2],
        say: Say<'_>,
    ) -> Result<(), ReadError> {
        let inflow = Inflow::begin(&mut self.arriving, say)?;
        let [a, b] = connections;
        let decoder = || Decoder::new(self.layout.clone());
        tokio::try_join!(
            stream(a, &halves[0], decoder(), self.order, &inflow, None),
            stream(b, &halves[1], decoder(), self.order, &inflow, None),
        )?;
        locked(&inflow).say()
    }
}

impl<'a, 's> Inflow<'a, 's> {
    /// Says that nothing is there yet.
    fn begin(arriving: &'a mut Arriving, say: Say<'s>) -> Result<Mutex<Self>, ReadError> {
        say(0, 0)?;
        Ok(Mutex::new(Self { arriving, say }))
    }

    fn say(&mut self) -> Result<(), ReadError> {
        (self.say)(self.arriving.arrived(), self.arriving.held())
    }
}

fn locked<'l, 'a, 's>(inflow: &'l Mutex<Inflow<'a, 's>>) -> MutexGuard<'l, Inflow<'a, 's>> {
    inflow.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One COPY to its end.
async fn stream(
    connection: &mut PgConnection,
    part: &Part<'_>,
    mut decoder: Decoder,
    order: Order,
    inflow: &Mutex<Inflow<'_, '_>>,
    mut handing: Option<&mut Handing<'_>>,
) -> Result<(), ReadError> {
    // The stream enters the span in which it is made again for each row: without one, that costs nothing.
    let mut stream = connection
        .copy_out_raw(&part.statement(order))
        .with_subscriber(NoSubscriber::new())
        .await
        .map_err(StoreError::from_sqlx)?;
    while let Some(piece) = stream.try_next().await.map_err(StoreError::from_sqlx)? {
        let whole = {
            let mut inflow = locked(inflow);
            decoder
                .feed(&piece, |row| {
                    inflow
                        .arriving
                        .push(&row.entity, row.time, row.phase, &row.values)?;
                    if inflow.arriving.arrived().is_multiple_of(ROWS_PER_CALL) {
                        inflow.say()?;
                    }
                    Ok::<(), Fault>(())
                })
                .map_err(|fault| fault.into_read_error(part))?;
            handing
                .as_ref()
                .and_then(|handing| inflow.arriving.take_whole(handing.rows()))
        };
        if let (Some(handing), Some(panel)) = (&mut handing, whole) {
            handing.hand(panel, Place::More).await?;
        }
    }
    drop(stream);
    decoder
        .finish()
        .map_err(|bad| Fault::Bad(bad).into_read_error(part))
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
