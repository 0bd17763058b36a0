//! How many hints, changes and words of events went which way.

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
    /// Hints that were read and skipped, and changes and events that could not be read.
    pub malformed: u64,
    /// Connections that listeners made; more than one each says that Redis or the stream was lost.
    pub connections: u64,
    /// Changes told.
    pub changes_told: u64,
    /// Changes not told, because Redis was away, refused or was too slow.
    pub changes_untold: u64,
    /// Changes heard and well formed.
    pub changes_heard: u64,
    /// Jobs told to have new events.
    pub events_told: u64,
    /// Not told, because Redis was away, refused or was too slow.
    pub events_untold: u64,
    /// Jobs heard to have new events.
    pub events_heard: u64,
    /// Subscriptions that listeners for changes made; more than one each says that Redis was lost.
    pub subscriptions: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) changes_told: AtomicU64,
    pub(crate) changes_untold: AtomicU64,
    pub(crate) changes_heard: AtomicU64,
    pub(crate) events_told: AtomicU64,
    pub(crate) events_untold: AtomicU64,
    pub(crate) events_heard: AtomicU64,
    pub(crate) subscriptions: AtomicU64,
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
            changes_told: read(&self.changes_told),
            changes_untold: read(&self.changes_untold),
            changes_heard: read(&self.changes_heard),
            events_told: read(&self.events_told),
            events_untold: read(&self.events_untold),
            events_heard: read(&self.events_heard),
            subscriptions: read(&self.subscriptions),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
