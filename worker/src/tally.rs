//! What the process of an attempt counts for its worker, which tells it as metrics. A process does one attempt, so its counts
//! are the process's own; what the worker has not heard when a process dies is lost to the metrics alone.

use mltraining_domain::WorkPhase;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

static ROWS_READ: AtomicU64 = AtomicU64::new(0);
static ROWS_TRAINED: AtomicU64 = AtomicU64::new(0);

/// What was counted since the last time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Rows of sources that were read.
    pub rows_read: u64,
    /// Rows that fits have learned from.
    pub rows_trained: u64,
    /// Seconds spent in phases; told once, at the end.
    pub phases: Vec<(WorkPhase, f64)>,
}

impl Tally {
    /// Takes what was counted; the next take begins from there.
    pub(crate) fn take() -> Self {
        Self {
            rows_read: ROWS_READ.swap(0, Ordering::Relaxed),
            rows_trained: ROWS_TRAINED.swap(0, Ordering::Relaxed),
            phases: Vec::new(),
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Counts rows that were read.
pub(crate) fn rows_read(rows: u64) {
    ROWS_READ.fetch_add(rows, Ordering::Relaxed);
}

/// Counts rows that a fit learns from.
pub(crate) fn rows_trained(rows: usize) {
    ROWS_TRAINED.fetch_add(rows as u64, Ordering::Relaxed);
}
