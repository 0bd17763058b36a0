//! What jobs have found that make no model version: comparisons and backtests. Each is the result of its job, and has its id.

use crate::jobs::JobCursor;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Backtest, JobId, ProjectId, VersionComparison};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// What a job has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding<T> {
    /// The project.
    pub project: ProjectId,
    /// The job.
    pub job: JobId,
    /// What it has found.
    pub found: T,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// A comparison of model versions.
pub type StoredComparison = Finding<VersionComparison>;
/// A walk through time.
pub type StoredBacktest = Finding<Backtest>;

struct Row {
    created_at: DateTime<Utc>,
    body: Value,
}

struct ListRow {
    id: Uuid,
    created_at: DateTime<Utc>,
    body: Value,
}

impl<T: DeserializeOwned> Finding<T> {
    /// The cursor of a page that ends with it.
    pub fn cursor(&self) -> JobCursor {
        JobCursor {
            created_at: self.created_at,
            id: self.job,
        }
    }

    fn one(
        project: &ProjectId,
        job: JobId,
        what: &'static str,
        row: Option<Row>,
    ) -> Result<Self, StoreError> {
        let row = row.ok_or_else(|| StoreError::NotFound {
            what,
            name: job.to_string(),
        })?;
        let Row { created_at, body } = row;
        let row = ListRow {
            id: job.0,
            created_at,
            body,
        };
        Self::listed(project, row)
    }

    fn listed(project: &ProjectId, row: ListRow) -> Result<Self, StoreError> {
        Ok(Self {
            project: project.clone(),
            job: JobId(row.id),
            found: stored::json("result.body", row.body)?,
            created_at: row.created_at,
        })
    }
}

async fn comparison_row(
    connection: &mut PgConnection,
    project: &ProjectId,
    job: JobId,
) -> Result<Option<Row>, StoreError> {
    let row = sqlx::query_file_as!(Row, "sql/comparisons/get.sql", project.as_str(), job.0)
        .fetch_optional(connection)
        .await?;
    Ok(row)
}

/// One comparison, within a transaction.
///
/// # Errors
/// As of [`Store::comparison`].
pub(crate) async fn comparison(
    connection: &mut PgConnection,
    project: &ProjectId,
    job: JobId,
) -> Result<StoredComparison, StoreError> {
    let row = comparison_row(connection, project, job).await?;
    Finding::one(project, job, "comparison", row)
}

impl Store {
    /// One comparison.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's, or its job has not SUCCEEDED.
    pub async fn comparison(&self, project: &ProjectId, job: JobId) -> Result<StoredComparison, StoreError> {
        self.within("comparisons.get", async {
            let mut session = self.session().await?;
            let row = comparison_row(&mut session, project, job).await?;
            session.release();
            Finding::one(project, job, "comparison", row)
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
            rows.into_iter()
                .map(|row| Finding::listed(project, row))
                .collect()
        })
        .await
    }

    /// One backtest.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it is another project's, or its job has not SUCCEEDED.
    pub async fn backtest(&self, project: &ProjectId, job: JobId) -> Result<StoredBacktest, StoreError> {
        self.within("backtests.get", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file_as!(Row, "sql/backtests/get.sql", project.as_str(), job.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            Finding::one(project, job, "backtest", row)
        })
        .await
    }

    /// The backtests of a project without their periods, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_backtests(
        &self,
        project: &ProjectId,
        after: Option<JobCursor>,
        limit: i64,
    ) -> Result<Vec<StoredBacktest>, StoreError> {
        self.within("backtests.list", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                ListRow,
                "sql/backtests/list.sql",
                project.as_str(),
                after.map(|cursor| cursor.created_at),
                after.map(|cursor| cursor.id.0),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            rows.into_iter()
                .map(|row| Finding::listed(project, row))
                .collect()
        })
        .await
    }
}
