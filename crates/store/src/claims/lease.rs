//! Keeping a lease and saying how far the job is.

use super::Lease;
use crate::jobs::LogSeverity;
use crate::{Store, StoreError};
use mltraining_domain::Progress;
use std::time::Duration;

/// What a heartbeat brings back about one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beat {
    /// The lease, renewed.
    pub lease: Lease,
    /// A cancel is asked for: stop, and acknowledge.
    pub cancel: bool,
    /// What is left until the deadline; zero when it has passed.
    pub time_left: Duration,
}

/// The answer to a batch of heartbeats: each lease is in exactly one of the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beats {
    /// Renewed.
    pub held: Vec<Beat>,
    /// Lost: stop, write nothing.
    pub lost: Vec<Lease>,
}

impl Store {
    /// Renews leases in one statement. A lease is never renewed beyond one lease after the job's deadline.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]: the leases may or may not be renewed.
    pub async fn beat(&self, leases: &[Lease], lease: Duration) -> Result<Beats, StoreError> {
        let _ = (leases, lease);
        unimplemented!()
    }

    /// Stores the progress with its event. `seq` rises within an attempt; an older one is dropped in silence.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn report_progress(
        &self,
        lease: Lease,
        seq: i64,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let _ = (lease, seq, progress);
        unimplemented!()
    }

    /// Adds a line to the job's log; it is cut at 4000 characters.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn append_log(
        &self,
        lease: Lease,
        severity: LogSeverity,
        message: &str,
    ) -> Result<(), StoreError> {
        let _ = (lease, severity, message);
        unimplemented!()
    }
}
