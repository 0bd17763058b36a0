//! Files that jobs left behind: only those of a committed result are shown.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobId, ProjectId};

/// A file as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The job that made it.
    pub job: JobId,
    /// Its name within the job.
    pub file_name: String,
    /// Where the blob lies.
    pub storage_key: String,
    /// E.g. `application/json`.
    pub media_type: String,
    /// Its size.
    pub size_bytes: i64,
    /// Of its bytes; a reader verifies it.
    pub sha256: [u8; 32],
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
}

impl Store {
    /// The committed files of a job after the one named, ordered by name, at most `limit`. Empty for an unknown job.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_artifacts(
        &self,
        project: &ProjectId,
        job: JobId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Artifact>, StoreError> {
        let _ = (project, job, after, limit);
        unimplemented!()
    }

    /// One committed file.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn artifact(
        &self,
        project: &ProjectId,
        job: JobId,
        file_name: &str,
    ) -> Result<Artifact, StoreError> {
        let _ = (project, job, file_name);
        unimplemented!()
    }
}
