//! Ending badly, giving back, and acknowledging a cancel.

use super::Lease;
use crate::{Store, StoreError};
use mltraining_domain::{JobFailure, JobState};
use std::time::Duration;

/// Where a job went that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// QUEUED (to be tried again), FAILED, DEAD, or CANCELLED when a cancel was asked for.
    pub state: JobState,
    /// Until it is tried again, for QUEUED.
    pub retry_in: Option<Duration>,
}

impl Store {
    /// Ends the attempt with a failure; its class decides what comes next and which budget pays.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn fail_job(&self, lease: Lease, failure: &JobFailure) -> Result<Failed, StoreError> {
        let _ = (lease, failure);
        unimplemented!()
    }

    /// Gives the job back uncharged, to be claimed by anyone at once; CANCELLED when a cancel was asked for, so it serves
    /// to acknowledge one as well.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn release_job(&self, lease: Lease) -> Result<Failed, StoreError> {
        let _ = lease;
        unimplemented!()
    }
}
