//! Why an attempt stops before its end, told once to everything that works on it.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use tokio_util::sync::CancellationToken;

/// Why an attempt stops before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Somebody asked for it.
    Cancelled,
    /// The lease went to another worker; this one may write nothing any more.
    Lost,
    /// The attempt's deadline passed.
    TimedOut,
    /// The worker shuts down; the job goes back to the queue, uncharged.
    Released,
    /// Something that it found on its way cannot be written; the next attempt finds it again.
    Unwritable,
}

/// The stop of one attempt. Clones share it; the first reason wins.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Looked at by every fit loop, which cannot await.
    flag: Arc<AtomicBool>,
    reason: Arc<AtomicU8>,
    token: CancellationToken,
}

impl Stop {
    /// Not stopped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the attempt; a later reason changes nothing.
    pub fn stop(&self, reason: StopReason) {
        let _ = self
            .reason
            .compare_exchange(0, code(reason), Ordering::AcqRel, Ordering::Acquire);
        self.flag.store(true, Ordering::Release);
        self.token.cancel();
    }

    /// The flag for loops that compute.
    pub fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    /// Done when the attempt is stopped; for tasks that await.
    pub async fn stopped(&self) {
        self.token.cancelled().await;
    }

    /// The reason, `None` while the attempt may go on.
    pub fn reason(&self) -> Option<StopReason> {
        match self.reason.load(Ordering::Acquire) {
            1 => Some(StopReason::Cancelled),
            2 => Some(StopReason::Lost),
            3 => Some(StopReason::TimedOut),
            4 => Some(StopReason::Released),
            5 => Some(StopReason::Unwritable),
            _ => None,
        }
    }
}

fn code(reason: StopReason) -> u8 {
    match reason {
        StopReason::Cancelled => 1,
        StopReason::Lost => 2,
        StopReason::TimedOut => 3,
        StopReason::Released => 4,
        StopReason::Unwritable => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_to_stop_wins() {
        let stop = Stop::new();
        assert_eq!(stop.reason(), None);
        stop.clone().stop(StopReason::Lost);
        stop.stop(StopReason::Cancelled);
        assert_eq!(stop.reason(), Some(StopReason::Lost));
        assert!(stop.flag().load(Ordering::Acquire));
    }
}
