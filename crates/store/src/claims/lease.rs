//! Keeping a lease and saying how far the job is.

use super::Lease;
use crate::jobs::LogSeverity;
use crate::{Store, StoreError, stored};
use mltraining_domain::{Epoch, JobId, Progress};
use std::time::Duration;
use uuid::Uuid;

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

/// Characters of a log line that are kept.
const MAX_LOG_LINE: usize = 4000;

impl Store {
    /// Renews leases in one statement. A lease is never renewed beyond one lease after the job's deadline.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]: the leases may or may not be renewed.
    pub async fn beat(&self, leases: &[Lease], lease: Duration) -> Result<Beats, StoreError> {
        let jobs: Vec<Uuid> = leases.iter().map(|l| l.job.0).collect();
        let epochs: Vec<i64> = leases.iter().map(|l| l.epoch.0).collect();
        self.within("claims.beat", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/claims/beat.sql", &jobs, &epochs, stored::micros(lease))
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let held: Vec<Beat> = rows
                .into_iter()
                .map(|row| Beat {
                    lease: Lease {
                        job: JobId(row.id),
                        epoch: Epoch(row.lease_epoch),
                    },
                    cancel: row.cancel,
                    time_left: stored::duration(row.time_left_micros),
                })
                .collect();
            let is_lost = |lease: &&Lease| !held.iter().any(|beat| beat.lease == **lease);
            let lost = leases.iter().filter(is_lost).copied().collect();
            Ok(Beats { held, lost })
        })
        .await
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
        let progress = stored::to_json(progress);
        self.within("claims.progress", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!(
                "sql/claims/progress.sql",
                lease.job.0,
                lease.epoch.0,
                seq,
                progress
            )
            .fetch_one(&mut *session)
            .await?;
            session.release();
            if row.held { Ok(()) } else { Err(lease.lost()) }
        })
        .await
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
        let line: String = message.chars().take(MAX_LOG_LINE).collect();
        self.within("claims.log", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!(
                "sql/claims/log.sql",
                lease.job.0,
                lease.epoch.0,
                severity.as_str(),
                line
            )
            .execute(&mut *session)
            .await?;
            session.release();
            if done.rows_affected() == 1 {
                Ok(())
            } else {
                Err(lease.lost())
            }
        })
        .await
    }
}
