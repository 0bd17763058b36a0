//! Taking jobs from workers that stopped renewing their leases. Any worker may do it, at any time.

use super::Lease;
use crate::{Store, StoreError, stored};
use mltraining_domain::{Epoch, JobId, JobState, Reason};
use std::time::Duration;

/// A job that was taken from its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaped {
    /// The lease that is void now.
    pub lease: Lease,
    /// Where the job went: QUEUED, FAILED (its worker still answered at the deadline), DEAD (lost too often) or CANCELLED.
    pub state: JobState,
    /// LEASE_EXPIRED, JOB_TIMEOUT, POISON or CANCELLED.
    pub reason: Reason,
}

impl Store {
    /// Takes back at most `limit` jobs whose leases have run out; nothing within one `lease` of a start of Postgres, when
    /// nobody could renew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn reap(&self, limit: i64, lease: Duration) -> Result<Vec<Reaped>, StoreError> {
        self.within("claims.reap", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/claims/reap.sql", limit, stored::micros(lease))
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let mut reaped = Vec::with_capacity(rows.len());
            for row in rows {
                reaped.push(Reaped {
                    lease: Lease {
                        job: JobId(row.id),
                        epoch: Epoch(row.lease_epoch),
                    },
                    state: stored::word("job.state", &row.state, JobState::from_word(&row.state))?,
                    reason: stored::word(
                        "job.error_code",
                        &row.error_code,
                        Reason::from_word(&row.error_code),
                    )?,
                });
            }
            Ok(reaped)
        })
        .await
    }
}
