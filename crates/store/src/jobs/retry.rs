//! Retrying a job that ended without success.

use super::Job;
use super::create::{get, lock, touched};
use super::read::unknown;
use crate::audit::AuditOutcome;
use crate::{Store, StoreError};
use mltraining_domain::{JobId, ProjectId};
use sqlx::{Connection, PgConnection};

/// What became of a request to retry a job.
#[derive(Debug, Clone, PartialEq)]
pub enum RetryOutcome {
    /// It waits again, with full budgets, without its cancel and under its old epoch.
    Retried(Job),
    /// It is not FAILED, DEAD or CANCELLED, or it does trials of a study (JOB_NOT_RETRYABLE).
    NotRetryable(Job),
    /// It changed since the client read it (ETAG_MISMATCH).
    RevisionMismatch(Job),
    /// Its model is deleted: undelete it first.
    ModelDeleted(Job),
    /// The project has this many jobs waiting in the queue already, which is its limit (QUEUE_FULL).
    QueueFull {
        /// The limit.
        max_queued: i32,
    },
}

async fn retry(
    connection: &mut PgConnection,
    project: &ProjectId,
    id: JobId,
    expected_revision: Option<i64>,
) -> Result<RetryOutcome, StoreError> {
    lock(connection, project).await?;
    let row = sqlx::query_file!("sql/jobs/retry.sql", project.as_str(), id.0, expected_revision)
        .fetch_optional(&mut *connection)
        .await?;
    let row = row.ok_or_else(|| unknown(id))?;
    let job = get(connection, project, id).await?;
    Ok(if row.retried {
        RetryOutcome::Retried(job)
    } else if !row.retryable {
        RetryOutcome::NotRetryable(job)
    } else if !row.is_current {
        RetryOutcome::RevisionMismatch(job)
    } else if row.model_deleted {
        RetryOutcome::ModelDeleted(job)
    } else {
        RetryOutcome::QueueFull {
            max_queued: row.max_queued,
        }
    })
}

impl Store {
    /// Lets a job that is FAILED, DEAD or CANCELLED wait again. `expected_revision`: only if it is still the job's. A study whose search
    /// was not over searches anew.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn retry_job(
        &self,
        project: &ProjectId,
        id: JobId,
        expected_revision: Option<i64>,
    ) -> Result<RetryOutcome, StoreError> {
        self.within("jobs.retry", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let outcome = retry(&mut transaction, project, id, expected_revision).await?;
            let retried = match &outcome {
                RetryOutcome::Retried(_) => Some(touched(project.clone(), id, AuditOutcome::Changed)),
                _ => None,
            };
            self.commit(transaction, retried).await?;
            session.release();
            Ok(outcome)
        })
        .await
    }
}
