//! Reading jobs, their attempts, and their place in the queue.

use super::{Job, JobError, JobView};
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{Epoch, JobId, Priority, ProjectId, WorkerId};

/// One attempt of a worker at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1.
    pub epoch: Epoch,
    /// Whose it was.
    pub worker: WorkerId,
    /// When the worker took the job.
    pub started_at: DateTime<Utc>,
    /// When it ended, `None` while it runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended, `None` while it runs.
    pub outcome: Option<AttemptOutcome>,
    /// Why it did not succeed.
    pub error: Option<JobError>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The job is done.
    Succeeded,
    /// The job failed for good.
    Failed,
    /// The job was queued again.
    Retried,
    /// The worker vanished.
    Lost,
    /// The worker gave it back in good order.
    Released,
    /// The job was cancelled.
    Cancelled,
}

impl Store {
    /// One job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's.
    pub async fn job(&self, project: &ProjectId, id: JobId, view: JobView) -> Result<Job, StoreError> {
        let _ = (project, id, view);
        unimplemented!()
    }

    /// Several jobs of a project in the order of the ids, in one statement; a job that does not exist is left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn batch_get_jobs(
        &self,
        project: &ProjectId,
        ids: &[JobId],
        view: JobView,
    ) -> Result<Vec<Job>, StoreError> {
        let _ = (project, ids, view);
        unimplemented!()
    }

    /// The attempts at several jobs in one statement, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn attempts(&self, jobs: &[JobId]) -> Result<Vec<(JobId, Attempt)>, StoreError> {
        let _ = jobs;
        unimplemented!()
    }

    /// How many waiting jobs of the project a new job with this priority would have before it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn jobs_ahead_of_new(
        &self,
        project: &ProjectId,
        queue: &str,
        priority: Priority,
    ) -> Result<i64, StoreError> {
        let _ = (project, queue, priority);
        unimplemented!()
    }

    /// How many waiting jobs of its project come before this one; `None` unless it waits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn jobs_ahead(&self, project: &ProjectId, id: JobId) -> Result<Option<i64>, StoreError> {
        let _ = (project, id);
        unimplemented!()
    }
}
