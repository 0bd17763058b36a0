//! Cancelling: a waiting job at once, a running one by a durable flag.

use super::create::touched;
use super::read::{fetch, unknown};
use super::{Job, JobView};
use crate::audit::AuditOutcome;
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobId, ProjectId};
use sqlx::Connection;

/// A cancel that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
}

/// What became of a request to cancel.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelOutcome {
    /// It is CANCELLED, or RUNNING with the flag: it never becomes SUCCEEDED. Also when it was so before.
    Acknowledged(Job),
    /// It has ended otherwise (JOB_NOT_CANCELLABLE).
    AlreadyFinal(Job),
    /// It changed since the client read it (ETAG_MISMATCH).
    RevisionMismatch(Job),
}

impl Store {
    /// Cancels a job. `expected_revision`: only if it is still the job's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] for a reason of more than 512 characters.
    pub async fn cancel_job(
        &self,
        project: &ProjectId,
        id: JobId,
        by: &str,
        reason: &str,
        expected_revision: Option<i64>,
    ) -> Result<CancelOutcome, StoreError> {
        self.within("jobs.cancel", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!(
                "sql/jobs/cancel.sql",
                project.as_str(),
                id.0,
                by,
                reason,
                expected_revision
            )
            .execute(&mut *transaction)
            .await?;
            let found = fetch(&mut transaction, project, &[id], JobView::Full).await?;
            let job = found.into_iter().next().ok_or_else(|| unknown(id))?;
            let changed = done.rows_affected() == 1;
            let cancelled = changed.then(|| touched(project.clone(), id, AuditOutcome::Changed));
            self.commit(transaction, cancelled).await?;
            session.release();
            Ok(if changed || job.cancel.is_some() {
                CancelOutcome::Acknowledged(job)
            } else if job.state.is_final() {
                CancelOutcome::AlreadyFinal(job)
            } else {
                CancelOutcome::RevisionMismatch(job)
            })
        })
        .await
    }
}
