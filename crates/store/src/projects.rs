//! Projects, the unit of access and of quotas.

use crate::{Store, StoreError};
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

impl Store {
    /// Makes the project unless it exists, with the default quotas.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn ensure_project(&self, id: &ProjectId) -> Result<(), StoreError> {
        let _ = id;
        unimplemented!()
    }

    /// The project.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn project(&self, id: &ProjectId) -> Result<Project, StoreError> {
        let _ = id;
        unimplemented!()
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
        let _ = (id, max_running, max_queued);
        unimplemented!()
    }
}
