//! Reading jobs, their attempts, and their place in the queue.

use super::row::{self, JobRow};
use super::{Job, JobError, JobView};
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Epoch, JobId, Priority, ProjectId, WorkerId};
use sqlx::PgConnection;
use uuid::Uuid;

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

impl AttemptOutcome {
    const ALL: [(AttemptOutcome, &str); 6] = [
        (Self::Succeeded, "SUCCEEDED"),
        (Self::Failed, "FAILED"),
        (Self::Retried, "RETRIED"),
        (Self::Lost, "LOST"),
        (Self::Released, "RELEASED"),
        (Self::Cancelled, "CANCELLED"),
    ];

    /// The outcome of a stored word.
    pub(crate) fn from_word(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|(_, known)| *known == word);
        stored::word("job_attempt.outcome", word, found.map(|(outcome, _)| outcome))
    }
}

struct AttemptRow {
    job_id: Uuid,
    lease_epoch: i64,
    worker_id: Uuid,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    outcome: Option<String>,
    error_class: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    error_phase: Option<String>,
}

impl AttemptRow {
    fn into_attempt(self) -> Result<(JobId, Attempt), StoreError> {
        let outcome = self
            .outcome
            .as_deref()
            .map(AttemptOutcome::from_word)
            .transpose()?;
        let attempt = Attempt {
            epoch: Epoch(self.lease_epoch),
            worker: WorkerId(self.worker_id),
            started_at: self.started_at,
            ended_at: self.ended_at,
            outcome,
            error: row::error(
                self.error_class,
                self.error_code,
                self.error_message,
                self.error_phase,
            )?,
        };
        Ok((JobId(self.job_id), attempt))
    }
}

pub(super) fn unknown(id: JobId) -> StoreError {
    StoreError::NotFound {
        what: "job",
        name: id.to_string(),
    }
}

/// Jobs in the order of their ids; one that does not exist is left out.
pub(super) async fn fetch(
    connection: &mut PgConnection,
    project: &ProjectId,
    ids: &[JobId],
    view: JobView,
) -> Result<Vec<Job>, StoreError> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let whole = view == JobView::Full;
    let mut rows = sqlx::query_file_as!(JobRow, "sql/jobs/get.sql", project.as_str(), &ids, whole)
        .fetch_all(connection)
        .await?;
    rows.sort_by_key(|row| row.place);
    rows.into_iter().map(JobRow::into_job).collect()
}

impl Store {
    /// One job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's.
    pub async fn job(&self, project: &ProjectId, id: JobId, view: JobView) -> Result<Job, StoreError> {
        let jobs = self.batch_get_jobs(project, &[id], view).await?;
        jobs.into_iter().next().ok_or_else(|| unknown(id))
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
        self.within("jobs.get", async {
            let mut session = self.session().await?;
            let jobs = fetch(&mut session, project, ids, view).await?;
            session.release();
            Ok(jobs)
        })
        .await
    }

    /// The attempts at several jobs in one statement, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn attempts(&self, jobs: &[JobId]) -> Result<Vec<(JobId, Attempt)>, StoreError> {
        let ids: Vec<Uuid> = jobs.iter().map(|id| id.0).collect();
        self.within("jobs.attempts", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(AttemptRow, "sql/jobs/attempts.sql", &ids)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            rows.into_iter().map(AttemptRow::into_attempt).collect()
        })
        .await
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
        self.within("jobs.ahead_of_new", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!(
                "sql/jobs/ahead_of_new.sql",
                project.as_str(),
                queue,
                priority.value()
            )
            .fetch_one(&mut *session)
            .await?;
            session.release();
            Ok(row.ahead)
        })
        .await
    }

    /// How many waiting jobs of its project come before this one; `None` unless it waits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn jobs_ahead(&self, project: &ProjectId, id: JobId) -> Result<Option<i64>, StoreError> {
        self.within("jobs.ahead", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/jobs/ahead.sql", project.as_str(), id.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            Ok(row.map(|row| row.ahead))
        })
        .await
    }
}
