//! Looks at rows before any job: a few at a time, each with a bound on its memory, and none longer than its client waits.

use super::call::Call;
use crate::convert::read_error;
use crate::deadline::Deadline;
use crate::error::ApiError;
use mltraining_domain::{Reason, Violations};
use mltraining_panel::Panel;
use mltraining_panel::memory::LOOSE;
use mltraining_store::reader::{PanelQuery, PanelRead, PanelSample, ReadError, ReadProgress, SampleStep};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Looks that run at the same time. Each may hold millions of rows; more wait for their turn, within their deadline.
const AT_ONCE: usize = 2;
/// Gives the turns.
#[derive(Debug, Clone)]
pub(super) struct Computing {
    turns: Arc<Semaphore>,
    /// What one look may hold.
    most_bytes: u64,
}

/// A turn: from the first row read until the last thread is done.
pub(super) struct Turn {
    permit: OwnedSemaphorePermit,
    stopped: StopOnDrop,
    most_bytes: u64,
}

/// Stops the work when the request is dropped, because its client has gone or its time is over.
#[derive(Default)]
pub(super) struct StopOnDrop(Arc<AtomicBool>);

impl StopOnDrop {
    /// What the work looks at.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a look takes, and what to ask less of when that is too much.
pub(super) struct Need<'a> {
    /// Bytes for so many rows, at the peak.
    pub(super) bytes: &'a (dyn Fn(u64) -> u64 + Sync),
    /// The field of the range.
    pub(super) field: &'a str,
    /// What to ask less of.
    pub(super) way_out: &'static str,
}

/// What a look at a range may ask less of.
pub(super) const LESS_OF_RANGE: &str = "shorten the range, name entities, or look at fewer columns";

/// Threads of one look.
pub(super) fn threads() -> usize {
    available_parallelism().map_or(1, usize::from)
}

impl Computing {
    /// All turns free, each of at most so many bytes.
    pub(super) fn new(most_bytes: u64) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            most_bytes,
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub(super) async fn turn(&self) -> Result<Turn, ApiError> {
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        Ok(Turn {
            permit: permit.map_err(ApiError::internal)?,
            stopped: StopOnDrop::default(),
            most_bytes: self.most_bytes,
        })
    }
}

impl Turn {
    /// Reads rows, once they are counted and found to be few enough.
    ///
    /// # Errors
    /// MEMORY_LIMIT with the numbers, and those of reading.
    pub(super) async fn read(
        &self,
        call: &Call,
        query: &PanelQuery<'_>,
        need: &Need<'_>,
    ) -> Result<PanelRead, ApiError> {
        let mut watch = Watch::of(self);
        let mut on_rows = |at| watch.look(at, need.bytes);
        let read = call.store.read_panel(query, &mut on_rows).await;
        watch.judge(read, need)
    }

    /// Reads the rows of whole entities until there are `most` or more, and counts all.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn read_sample(
        &self,
        call: &Call,
        query: &PanelQuery<'_>,
        most: u64,
        need: &Need<'_>,
    ) -> Result<PanelSample, ApiError> {
        let mut watch = Watch::of(self);
        let mut on_rows = |step, at| match step {
            SampleStep::Keys => watch.look(at, &keys_bytes),
            SampleStep::Rows => watch.look(at, need.bytes),
        };
        let read = call.store.read_sample(query, most, &mut on_rows).await;
        watch.judge(read, need)
    }

    /// Works on what was read, on threads of its own. The turn is over when the work is, not when its client has gone.
    ///
    /// # Errors
    /// DEADLINE_EXCEEDED when `work` says that it was stopped.
    pub(super) async fn work<T: Send + 'static>(
        self,
        deadline: Deadline,
        panel: Panel,
        work: impl FnOnce(&Panel, &AtomicBool) -> Option<T> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Self { permit, stopped, .. } = self;
        let flag = stopped.flag();
        let done = tokio::task::spawn_blocking(move || {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads());
            let pool = pool.thread_name(|i| format!("look-{i}")).build();
            let done = pool.map(|pool| pool.install(|| work(&panel, &flag)));
            drop((panel, permit)); // memory first
            done
        });
        let done = done.await.map_err(ApiError::internal)?;
        drop(stopped);
        let done = done.map_err(ApiError::internal)?;
        done.ok_or_else(|| deadline.exceeded())
    }
}

/// Stops a read of too many rows, and one that nobody waits for any more.
struct Watch<'a> {
    turn: &'a Turn,
    /// So many rows would take so many bytes, which is too much.
    refused: Option<(u64, u64)>,
}

impl<'a> Watch<'a> {
    fn of(turn: &'a Turn) -> Self {
        Self { turn, refused: None }
    }

    fn look(&mut self, at: ReadProgress, bytes: &dyn Fn(u64) -> u64) -> ControlFlow<()> {
        if at.rows == 0 && bytes(at.expected) > self.turn.most_bytes {
            self.refused = Some((at.expected, bytes(at.expected)));
        }
        match self.refused.is_some() || self.turn.stopped.0.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn judge<T>(self, read: Result<T, ReadError>, need: &Need<'_>) -> Result<T, ApiError> {
        match self.refused {
            Some((rows, bytes)) => Err(too_much_memory(rows, bytes, need, self.turn.most_bytes)),
            None => read.map_err(read_error::refuse),
        }
    }
}

/// What the keys of so many rows take, while they are put in order.
fn keys_bytes(rows: u64) -> u64 {
    rows.saturating_mul(16 + LOOSE)
}

fn too_much_memory(rows: u64, needed: u64, need: &Need<'_>, limit: u64) -> ApiError {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let text = format!(
        "{rows} rows would take {} MiB here, at most {} MiB are taken; {}",
        mib(needed),
        mib(limit),
        need.way_out
    );
    ApiError::from(Violations::one(need.field, Reason::MemoryLimit, text))
        .with("needed_bytes", needed)
        .with("limit_bytes", limit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::deadline::LONGEST_CALL;
    use tokio::sync::oneshot;

    /// Works until it is told to stop.
    fn until_told(begun: oneshot::Sender<()>) -> impl FnOnce(&Panel, &AtomicBool) -> Option<()> + Send {
        move |_, cancel| {
            begun.send(()).unwrap();
            while !cancel.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            None
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_whose_client_has_gone_is_told_and_its_turn_is_over_when_it_has_stopped() {
        let computing = Computing::new(1 << 20);
        let _other = computing.turn().await.unwrap();
        let turn = computing.turn().await.unwrap();
        let (begun, has_begun) = oneshot::channel();
        let work = turn.work(Deadline::after(LONGEST_CALL), Panel::default(), until_told(begun));
        let client = tokio::spawn(work);
        has_begun.await.unwrap();
        assert_eq!(computing.turns.available_permits(), 0, "it holds the last turn");
        client.abort();
        computing.turn().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_runs_on_as_many_threads_as_there_are_cores_and_gives_its_result() {
        let turn = Computing::new(1 << 20).turn().await.unwrap();
        let work = |_: &Panel, _: &AtomicBool| Some(rayon::current_num_threads());
        let found = turn.work(Deadline::after(LONGEST_CALL), Panel::default(), work);
        assert_eq!(found.await.unwrap(), threads());
    }
}
