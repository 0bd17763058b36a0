//! Projects, the unit of access and of quotas.

use crate::audit::{AuditOutcome, Touched};
use crate::jobs::create;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::name::{ProjectName, QuotaName};
use mltraining_domain::{JobId, ProjectId};
use sqlx::{Acquire, PgConnection};

/// A project and its quotas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The slug.
    pub id: ProjectId,
    /// Most jobs of it that run at once.
    pub max_running: i32,
    /// Most jobs of it that wait in one queue.
    pub max_queued: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// The limits of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most jobs of it that run at once.
    pub max_running: i32,
    /// Most jobs of it that wait in one queue.
    pub max_queued: i32,
}

/// The limits of a project, and what it uses of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What it may use.
    pub limits: Limits,
    /// Jobs that run.
    pub running: i64,
    /// Jobs that wait, in all queues.
    pub queued: i64,
}

/// New limits; `None` leaves one as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QuotaChange {
    /// Most jobs that run at once, 0 or more.
    pub max_running: Option<i32>,
    /// Most jobs that wait in one queue, 0 or more.
    pub max_queued: Option<i32>,
}

/// What became of a change of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaOutcome {
    /// They are these now.
    Done(Quota),
    /// They were not as expected, but these; nothing was changed.
    Mismatch(Quota),
}

struct ProjectRow {
    id: String,
    max_running: i32,
    max_queued: i32,
    created_at: DateTime<Utc>,
}

impl ProjectRow {
    fn into_project(self) -> Result<Project, StoreError> {
        Ok(Project {
            id: stored::parse("project.id", &self.id)?,
            max_running: self.max_running,
            max_queued: self.max_queued,
            created_at: self.created_at,
        })
    }
}

pub(crate) fn unknown(id: &ProjectId) -> StoreError {
    StoreError::NotFound {
        what: "project",
        name: id.to_string(),
    }
}

async fn read_quota(connection: &mut PgConnection, id: &ProjectId) -> Result<Quota, StoreError> {
    let row = sqlx::query_file!("sql/projects/quota.sql", id.as_str())
        .fetch_optional(connection)
        .await?;
    let row = row.ok_or_else(|| unknown(id))?;
    Ok(Quota {
        limits: Limits {
            max_running: row.max_running,
            max_queued: row.max_queued,
        },
        running: row.running,
        queued: row.queued,
    })
}

impl Store {
    /// Makes the project unless it exists, with the default quotas.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn ensure_project(&self, id: &ProjectId) -> Result<(), StoreError> {
        self.within("projects.ensure", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!("sql/projects/ensure.sql", id.as_str())
                .execute(&mut *transaction)
                .await?;
            let made = || Touched::of(id, ProjectName(id.clone()), AuditOutcome::Created);
            self.commit(transaction, (done.rows_affected() == 1).then(made))
                .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// The project.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn project(&self, id: &ProjectId) -> Result<Project, StoreError> {
        self.within("projects.get", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file_as!(ProjectRow, "sql/projects/get.sql", id.as_str())
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            row.ok_or_else(|| unknown(id))?.into_project()
        })
        .await
    }

    /// Sets the quotas of a project.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] for a negative number.
    pub async fn set_quota(
        &self,
        id: &ProjectId,
        max_running: i32,
        max_queued: i32,
    ) -> Result<Project, StoreError> {
        self.within("projects.set_quota", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file_as!(
                ProjectRow,
                "sql/projects/set_quota.sql",
                id.as_str(),
                max_running,
                max_queued
            )
            .fetch_optional(&mut *session)
            .await?;
            session.release();
            row.ok_or_else(|| unknown(id))?.into_project()
        })
        .await
    }

    /// The limits of a project, and what it uses of them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn quota(&self, id: &ProjectId) -> Result<Quota, StoreError> {
        self.within("projects.quota", async {
            let mut session = self.session().await?;
            let quota = read_quota(&mut session, id).await?;
            session.release();
            Ok(quota)
        })
        .await
    }

    /// Changes limits of a project, if they are still as `expected`. No claim and no job is committed later that goes by a
    /// larger limit than the new one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] for a negative number.
    pub async fn update_quota(
        &self,
        id: &ProjectId,
        change: QuotaChange,
        expected: Option<Limits>,
    ) -> Result<QuotaOutcome, StoreError> {
        self.within("projects.update_quota", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            // Claims lock the project's row; those who add a job that waits read it under this lock.
            if change.max_queued.is_some() {
                create::lock(&mut transaction, id).await?;
            }
            let done = sqlx::query_file!(
                "sql/projects/update_quota.sql",
                id.as_str(),
                change.max_running,
                change.max_queued,
                expected.map(|limits| limits.max_running),
                expected.map(|limits| limits.max_queued)
            )
            .execute(&mut *transaction)
            .await?;
            let quota = read_quota(&mut transaction, id).await?;
            let changed = done.rows_affected() == 1;
            let touched = || Touched::of(id, QuotaName(id.clone()), AuditOutcome::Changed);
            self.commit(transaction, changed.then(touched)).await?;
            session.release();
            Ok(match changed {
                true => QuotaOutcome::Done(quota),
                false => QuotaOutcome::Mismatch(quota),
            })
        })
        .await
    }

    /// Jobs of the project that could start now, with their queues, at most `limit`: those that hints are for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn due_jobs_of_project(
        &self,
        id: &ProjectId,
        limit: i64,
    ) -> Result<Vec<(String, JobId)>, StoreError> {
        self.within("projects.due_jobs", async {
            let mut session = self.session().await?;
            let due = sqlx::query_file!("sql/projects/due_jobs.sql", id.as_str(), limit)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(due.into_iter().map(|job| (job.queue, JobId(job.id))).collect())
        })
        .await
    }
}
