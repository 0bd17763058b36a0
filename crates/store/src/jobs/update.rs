//! Changing what people may change of a job: its priority and its labels.

use super::create::touched;
use super::read::{fetch, unknown};
use super::{Job, JobView};
use crate::audit::AuditOutcome;
use crate::{Store, StoreError, stored};
use mltraining_domain::{JobId, JobState, Priority, ProjectId};
use sqlx::Connection;
use std::collections::BTreeMap;

/// New values of a job; `None` leaves the field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobChange {
    /// 0 first, 4 last. Only while the job waits.
    pub priority: Option<Priority>,
    /// The whole map.
    pub labels: Option<BTreeMap<String, String>>,
}

/// What became of a change to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobUpdate {
    /// Done, all of it; the job as it is now.
    Done(Job),
    /// It changed since the client read it (ETAG_MISMATCH).
    RevisionMismatch(Job),
    /// Its priority can no longer be changed, since it does not wait. Nothing was changed.
    NotQueued(Job),
}

impl Store {
    /// Changes a job. `expected_revision`: only if it is still the job's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] for labels that break a rule.
    pub async fn update_job(
        &self,
        project: &ProjectId,
        id: JobId,
        change: &JobChange,
        expected_revision: Option<i64>,
    ) -> Result<JobUpdate, StoreError> {
        self.within("jobs.update", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!(
                "sql/jobs/update.sql",
                project.as_str(),
                id.0,
                change.priority.map(Priority::value),
                change.labels.as_ref().map(stored::to_json),
                expected_revision
            )
            .execute(&mut *transaction)
            .await?;
            let found = fetch(&mut transaction, project, &[id], JobView::Full).await?;
            let job = found.into_iter().next().ok_or_else(|| unknown(id))?;
            let changed = done.rows_affected() == 1;
            let updated = changed.then(|| touched(project.clone(), id, AuditOutcome::Changed));
            self.commit(transaction, updated).await?;
            session.release();
            Ok(if changed {
                JobUpdate::Done(job)
            } else if expected_revision.is_some_and(|revision| revision != job.revision) {
                JobUpdate::RevisionMismatch(job)
            } else {
                JobUpdate::NotQueued(job)
            })
        })
        .await
    }
}

impl JobChange {
    /// Whether a worker that waits should look at the job anew: it is due, and its place may have changed.
    pub fn moves(&self, job: &Job) -> bool {
        self.priority.is_some() && job.state == JobState::Queued && !job.scheduled
    }
}
