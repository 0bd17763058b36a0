//! Rows that go on while others are still being read.

use super::PanelRows;
use mltraining_panel::{Duplicates, Fingerprint, Panel};
use tokio::sync::mpsc;

/// Where whole entities go. A reader waits while there is no room, and stops when nobody takes them any more.
#[derive(Debug)]
pub struct Batches {
    /// So many rows of whole entities are handed over together, or more: an entity is never parted. `usize::MAX` hands over all
    /// of them at once.
    pub rows: usize,
    /// A source of at most so many rows, history included, is handed over at once whatever `rows` says: Postgres need not sort it
    /// then, and it is read in about half the time.
    pub whole: u64,
    /// Where they go.
    pub to: mpsc::Sender<PanelBatch>,
}

impl Batches {
    /// All rows in one batch, and where it arrives.
    pub(super) fn whole() -> (Self, mpsc::Receiver<PanelBatch>) {
        let (to, from) = mpsc::channel(1);
        let batches = Self {
            rows: usize::MAX,
            whole: u64::MAX,
            to,
        };
        (batches, from)
    }
}

/// Some of the entities, with all contexts beside them.
#[derive(Debug)]
pub struct PanelBatch {
    /// The rows. The last batch may have none.
    pub panel: Panel,
    /// Whether others follow.
    pub place: Place,
}

/// The place of a batch among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Others follow.
    More,
    /// It is the last one; of every read there is one.
    Last,
}

/// What was read, once it was handed over.
#[derive(Debug)]
pub struct PanelSummary {
    /// SHA-256 over all rows, in order, and over the rows of the contexts.
    pub fingerprint: Fingerprint,
    /// How many they are, duplicates that were settled left out.
    pub rows: PanelRows,
    /// Rows that repeated the key of another and were settled by the source's rule; `None` without one.
    pub duplicates: Option<Duplicates>,
}
