//! Cancelling many jobs, a few in each statement.

use super::create::touched;
use super::{CancelOutcome, OpenJob};
use crate::audit::AuditOutcome;
use crate::{Store, StoreError, stored};
use mltraining_domain::{JobId, JobState, ProjectId};
use sqlx::Connection;
use std::collections::BTreeSet;
use uuid::Uuid;

/// So many jobs are locked at once, for a few milliseconds.
const AT_ONCE: usize = 100;

/// What became of a job that was to be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It waited, and is CANCELLED.
    AtOnce,
    /// It runs, and is asked to stop; also when it was before.
    Asked,
    /// It had ended already.
    AlreadyFinal,
}

impl Store {
    /// Cancels jobs of a project. Each is a change of its own: when the call fails in the middle, those before are cancelled,
    /// and making it again does the rest. A job that does not exist is left out.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for a reason of more than 512 characters.
    pub async fn cancel_jobs(
        &self,
        project: &ProjectId,
        ids: &[JobId],
        by: &str,
        reason: &str,
    ) -> Result<Vec<(JobId, Cancelled)>, StoreError> {
        let mut done = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let reached = self.cancel_some(project, some, by, reason).await?;
            let seen: BTreeSet<JobId> = reached.iter().map(|job| job.id).collect();
            done.extend(reached.iter().map(|job| (job.id, Cancelled::of(job.state))));
            // Locked by another statement just then, or ended meanwhile. One lock at a time waits for nobody who waits for it.
            for id in some.iter().filter(|id| !seen.contains(id)) {
                match self.cancel_job(project, *id, by, reason, None).await {
                    Ok(CancelOutcome::Acknowledged(job)) if job.finished_at.is_none() => {
                        done.push((*id, Cancelled::Asked));
                    }
                    Ok(CancelOutcome::Acknowledged(_)) => done.push((*id, Cancelled::AtOnce)),
                    Ok(CancelOutcome::AlreadyFinal(_) | CancelOutcome::RevisionMismatch(_)) => {
                        done.push((*id, Cancelled::AlreadyFinal));
                    }
                    Err(StoreError::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(done)
    }

    async fn cancel_some(
        &self,
        project: &ProjectId,
        ids: &[JobId],
        by: &str,
        reason: &str,
    ) -> Result<Vec<OpenJob>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        self.within("jobs.cancel_many", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let rows = sqlx::query_file!("sql/jobs/cancel_many.sql", project.as_str(), &ids, by, reason)
                .fetch_all(&mut *transaction)
                .await?;
            let new = rows.iter().filter(|row| row.is_new);
            let cancelled = new.map(|row| touched(project.clone(), JobId(row.id), AuditOutcome::Changed));
            self.commit(transaction, cancelled).await?;
            session.release();
            let jobs = rows.into_iter().map(|row| {
                Ok(OpenJob {
                    id: JobId(row.id),
                    state: stored::word("job.state", &row.state, JobState::from_word(&row.state))?,
                })
            });
            jobs.collect()
        })
        .await
    }
}

impl Cancelled {
    /// What a cancel does to a job in this state.
    pub fn of(state: JobState) -> Self {
        match state {
            JobState::Queued | JobState::Cancelled => Self::AtOnce,
            JobState::Running => Self::Asked,
            JobState::Succeeded | JobState::Failed | JobState::Dead => Self::AlreadyFinal,
        }
    }
}
