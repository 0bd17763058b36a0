//! The memory that the attempts of a worker may take together. An attempt takes its part before it reads its rows, and gives
//! it back when its process is gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The memory of a worker.
#[derive(Debug)]
pub(crate) struct Memory {
    capacity: u64,
    used: Mutex<u64>,
    freed: Notify,
}

/// A part of it, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    memory: Arc<Memory>,
    bytes: u64,
}

impl Memory {
    /// So much, all of it free.
    pub(crate) fn new(capacity: u64) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            used: Mutex::new(0),
            freed: Notify::new(),
        })
    }

    /// All of it, in bytes.
    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// What is free now, in bytes.
    pub(crate) fn free(&self) -> u64 {
        self.capacity - *self.used()
    }

    /// Takes `bytes`, or nothing when so much is not free.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: u64) -> Reservation {
        let mut taken = Reservation {
            memory: Arc::clone(self),
            bytes: 0,
        };
        taken.resize(bytes);
        taken
    }

    /// Done when some of it was given back since the last call.
    pub(crate) async fn freed(&self) {
        self.freed.notified().await;
    }

    fn used(&self) -> MutexGuard<'_, u64> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Takes or gives back the difference to `bytes`. False, and nothing changes, when so much is not free.
    pub(crate) fn resize(&mut self, bytes: u64) -> bool {
        let mut used = self.memory.used();
        let others = *used - self.bytes;
        if bytes > self.memory.capacity - others {
            return false;
        }
        *used = others + bytes;
        drop(used);
        let less = bytes < self.bytes;
        self.bytes = bytes;
        if less {
            self.memory.freed.notify_one();
        }
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_never_more_than_the_whole_and_come_back() {
        let memory = Memory::new(100);
        let mut first = memory.reserve(60);
        let mut second = memory.reserve(41);
        assert_eq!(memory.free(), 40, "the second did not fit");
        assert!(second.resize(40) && !second.resize(41));
        assert_eq!(memory.free(), 0);
        assert!(first.resize(10));
        assert!(second.resize(90) && !first.resize(11));
        drop(first);
        drop(second);
        assert_eq!(memory.free(), 100);
        assert!(!memory.reserve(0).resize(u64::MAX));
    }
}
