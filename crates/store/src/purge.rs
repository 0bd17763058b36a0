//! Removing models for good that can no longer be undeleted: files first, then versions with their evaluations and the jobs that made them,
//! then the models, whose names are free again. Comparisons are what their own jobs have found, and stay.

use crate::retention::ExpiredJob;
use crate::{Store, StoreError, stored};
use mltraining_domain::JobId;
use uuid::Uuid;

/// A version of a model that can no longer be undeleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredVersion {
    /// The job that made it, by which it is called here.
    pub job: JobId,
    /// That job and those of its evaluations, with the files of their results, which go before the rows do.
    pub jobs: Vec<ExpiredJob>,
}

impl Store {
    /// At most `limit` versions of models that can no longer be undeleted, of those that were deleted first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn expired_versions(&self, limit: i64) -> Result<Vec<ExpiredVersion>, StoreError> {
        self.within("purge.expired_versions", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/purge/expired_versions.sql", limit)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let mut versions: Vec<ExpiredVersion> = Vec::new();
            for row in rows {
                let job = ExpiredJob {
                    id: JobId(row.job_id),
                    project: stored::parse("model_version.project", &row.project)?,
                    storage_keys: row.storage_keys,
                };
                match versions.last_mut() {
                    Some(version) if version.job.0 == row.version_job => version.jobs.push(job),
                    _ => versions.push(ExpiredVersion {
                        job: JobId(row.version_job),
                        jobs: vec![job],
                    }),
                }
            }
            Ok(versions)
        })
        .await
    }

    /// Removes versions, by the jobs that made them, with their evaluations, the jobs of these and the moves of aliases that name them, if all
    /// that [`expired_versions`](Self::expired_versions) says of them still holds and all their jobs are among `without_files`. One
    /// with an orphaned result stays until the sweep has removed that. Returns how many versions went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_expired_versions(
        &self,
        versions: &[JobId],
        without_files: &[JobId],
    ) -> Result<u64, StoreError> {
        let ids = |jobs: &[JobId]| jobs.iter().map(|job| job.0).collect::<Vec<Uuid>>();
        let (versions, without_files) = (ids(versions), ids(without_files));
        self.within("purge.remove_versions", async {
            let mut session = self.session().await?;
            let gone = sqlx::query_file_scalar!("sql/purge/remove_versions.sql", &versions, &without_files)
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(gone.unsigned_abs())
        })
        .await
    }

    /// Removes at most `limit` models that can no longer be undeleted and have no version left. Returns how many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_expired_models(&self, limit: i64) -> Result<u64, StoreError> {
        self.within("purge.remove_models", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/purge/remove_models.sql", limit)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }
}
