//! How often the cache spared a look at Postgres.

use std::sync::atomic::{AtomicU64, Ordering};

/// What happened since the server began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Reads that were answered from memory.
    pub hits: u64,
    /// Reads that looked at Postgres and were kept.
    pub misses: u64,
    /// Values forgotten because they changed, here or elsewhere.
    pub invalidations: u64,
    /// Times that everything was forgotten, because changes elsewhere may have been missed.
    pub flushes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) invalidations: AtomicU64,
    pub(super) flushes: AtomicU64,
}

impl Counters {
    pub(super) fn snapshot(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            hits: read(&self.hits),
            misses: read(&self.misses),
            invalidations: read(&self.invalidations),
            flushes: read(&self.flushes),
        }
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
