//! How many hints went which way.

use std::sync::atomic::{AtomicU64, Ordering};

/// What happened since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Written to the stream.
    pub sent: u64,
    /// Not written, because Redis was away, refused or was too slow.
    pub failed: u64,
    /// Read from the stream and well formed.
    pub received: u64,
    /// Read from the stream and skipped.
    pub malformed: u64,
    /// Connections that listeners made; more than one each says that Redis or the stream was lost.
    pub connections: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) connections: AtomicU64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            sent: read(&self.sent),
            failed: read(&self.failed),
            received: read(&self.received),
            malformed: read(&self.malformed),
            connections: read(&self.connections),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
