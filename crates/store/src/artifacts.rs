//! Files that jobs left behind: only those of a committed result are shown.

use crate::{Store, StoreError, stored};
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

struct ArtifactRow {
    file_name: String,
    storage_key: String,
    media_type: String,
    size_bytes: i64,
    sha256: Vec<u8>,
    committed_at: DateTime<Utc>,
}

impl ArtifactRow {
    fn into_artifact(self, job: JobId) -> Result<Artifact, StoreError> {
        Ok(Artifact {
            job,
            file_name: self.file_name,
            storage_key: self.storage_key,
            media_type: self.media_type,
            size_bytes: self.size_bytes,
            sha256: stored::hash("artifact.sha256", &self.sha256)?,
            committed_at: self.committed_at,
        })
    }
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
        self.within("artifacts.list", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                ArtifactRow,
                "sql/artifacts/list.sql",
                project.as_str(),
                job.0,
                after,
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            rows.into_iter().map(|row| row.into_artifact(job)).collect()
        })
        .await
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
        self.within("artifacts.get", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file_as!(
                ArtifactRow,
                "sql/artifacts/get.sql",
                project.as_str(),
                job.0,
                file_name
            )
            .fetch_optional(&mut *session)
            .await?;
            session.release();
            let missing = || StoreError::NotFound {
                what: "artifact",
                name: format!("{job}/{file_name}"),
            };
            row.ok_or_else(missing)?.into_artifact(job)
        })
        .await
    }
}
