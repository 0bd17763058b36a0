//! Comparisons of model versions: each is what a job of the kind has found, and has its id.

use crate::jobs::JobCursor;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobId, ProjectId, VersionComparison};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredComparison {
    /// The project.
    pub project: ProjectId,
    /// The job that compared.
    pub job: JobId,
    /// What it has found.
    pub comparison: VersionComparison,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

struct ListRow {
    id: Uuid,
    created_at: DateTime<Utc>,
    body: Value,
}

impl StoredComparison {
    /// The cursor of a page that ends with this comparison.
    pub fn cursor(&self) -> JobCursor {
        JobCursor {
            created_at: self.created_at,
            id: self.job,
        }
    }
}

/// One comparison, on a connection that may be in a transaction; `None` when there is none.
pub(crate) async fn find(
    connection: &mut PgConnection,
    project: &ProjectId,
    job: JobId,
) -> Result<Option<StoredComparison>, StoreError> {
    let row = sqlx::query_file!("sql/comparisons/get.sql", project.as_str(), job.0)
        .fetch_optional(connection)
        .await?;
    let found = row.map(|row| {
        Ok(StoredComparison {
            project: project.clone(),
            job,
            comparison: stored::json("result.body", row.body)?,
            created_at: row.created_at,
        })
    });
    found.transpose()
}

pub(crate) fn unknown(job: JobId) -> StoreError {
    StoreError::NotFound {
        what: "comparison",
        name: job.to_string(),
    }
}

impl Store {
    /// One comparison.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's, or its job has not SUCCEEDED.
    pub async fn comparison(&self, project: &ProjectId, job: JobId) -> Result<StoredComparison, StoreError> {
        self.within("comparisons.get", async {
            let mut session = self.session().await?;
            let found = find(&mut session, project, job).await?;
            session.release();
            found.ok_or_else(|| unknown(job))
        })
        .await
    }

    /// The comparisons of a project, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_comparisons(
        &self,
        project: &ProjectId,
        after: Option<JobCursor>,
        limit: i64,
    ) -> Result<Vec<StoredComparison>, StoreError> {
        self.within("comparisons.list", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                ListRow,
                "sql/comparisons/list.sql",
                project.as_str(),
                after.map(|cursor| cursor.created_at),
                after.map(|cursor| cursor.id.0),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let comparison = |row| -> Result<StoredComparison, StoreError> {
                let ListRow { id, created_at, body } = row;
                Ok(StoredComparison {
                    project: project.clone(),
                    job: JobId(id),
                    comparison: stored::json("result.body", body)?,
                    created_at,
                })
            };
            rows.into_iter().map(comparison).collect()
        })
        .await
    }
}
