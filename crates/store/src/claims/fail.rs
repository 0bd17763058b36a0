//! Ending badly, giving back, and acknowledging a cancel.

use super::Lease;
use crate::{Store, StoreError, stored};
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

/// How an attempt ends; everything `None` is a release.
#[derive(Default)]
struct End<'a> {
    class: Option<&'a str>,
    code: Option<&'a str>,
    message: Option<&'a str>,
    phase: Option<&'a str>,
    memory_bytes: Option<u64>,
}

impl Store {
    /// Ends the attempt with a failure; its class decides what comes next and which budget pays.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn fail_job(&self, lease: Lease, failure: &JobFailure) -> Result<Failed, StoreError> {
        let end = End {
            class: Some(failure.class.as_str()),
            code: Some(failure.reason.as_str()),
            message: Some(&failure.message),
            phase: Some(failure.phase.as_str()),
            memory_bytes: None,
        };
        self.end(lease, end).await
    }

    /// Gives the job back uncharged, to be claimed by anyone at once; CANCELLED when a cancel was asked for, so it serves
    /// to acknowledge one as well.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn release_job(&self, lease: Lease) -> Result<Failed, StoreError> {
        self.end(lease, End::default()).await
    }

    /// Gives the job back as [`release_job`](Self::release_job) does, for a worker with `memory_bytes` free.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn hand_back_job(&self, lease: Lease, memory_bytes: u64) -> Result<Failed, StoreError> {
        let end = End {
            memory_bytes: Some(memory_bytes.max(1)),
            ..End::default()
        };
        self.end(lease, end).await
    }

    async fn end(&self, lease: Lease, end: End<'_>) -> Result<Failed, StoreError> {
        self.within("claims.fail", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!(
                "sql/claims/fail.sql",
                lease.job.0,
                lease.epoch.0,
                end.class,
                end.code,
                end.message,
                end.phase,
                end.memory_bytes.map(stored::bytes)
            )
            .fetch_optional(&mut *session)
            .await?;
            session.release();
            let row = row.ok_or_else(|| lease.lost())?;
            Ok(Failed {
                state: stored::word("job.state", &row.state, JobState::from_word(&row.state))?,
                retry_in: row.retry_in_micros.map(stored::duration),
            })
        })
        .await
    }
}
