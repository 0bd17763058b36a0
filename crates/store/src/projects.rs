//! Projects, the unit of access and of quotas.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::ProjectId;

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

impl Store {
    /// Makes the project unless it exists, with the default quotas.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn ensure_project(&self, id: &ProjectId) -> Result<(), StoreError> {
        self.within("projects.ensure", async {
            let mut session = self.session().await?;
            sqlx::query_file!("sql/projects/ensure.sql", id.as_str())
                .execute(&mut *session)
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
}
