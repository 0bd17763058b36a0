//! Removing by age: final jobs, their events, and the rows of workers that are gone. In batches, each one short statement; a
//! batch that is smaller than its limit is the last one for now.
//!
//! A job to which a model version or an evaluation goes back is never removed: its row says where they come from. Nor is one that compared
//! versions or walked through time: what it has found is the comparison, or the backtest.

use crate::sweep::SweepCursor;
use crate::{Store, StoreError, stored};
use mltraining_domain::{JobId, ProjectId};
use std::time::Duration;
use uuid::Uuid;

/// A final job that is old enough to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredJob {
    /// Its id.
    pub id: JobId,
    /// Its project.
    pub project: ProjectId,
    /// Where the files of its result lie, if it has one that no model needs. They go before the job does.
    pub storage_keys: Vec<String>,
}

/// Expired jobs, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredJobs {
    /// Those of the page that may go. Perhaps none, although a next page has some.
    pub jobs: Vec<ExpiredJob>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<SweepCursor>,
}

impl Store {
    /// Looks at the next `limit` final jobs that ended `age` ago or earlier, by their ends from `after` on, and returns those that
    /// nothing needs. One with an orphaned result is not among them until the sweep has removed that. Trainings, evaluations,
    /// comparisons and backtests that SUCCEEDED are not even looked at: what came of them goes back to them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn expired_jobs(
        &self,
        age: Duration,
        after: Option<SweepCursor>,
        limit: i64,
    ) -> Result<ExpiredJobs, StoreError> {
        self.within("retention.expired_jobs", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/retention/expired_jobs.sql",
                stored::micros(age),
                after.map(|cursor| cursor.at),
                after.map(|cursor| cursor.id),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let last = rows.last().map(|row| SweepCursor {
                at: row.finished_at,
                id: row.id,
            });
            let next = last.filter(|_| rows.len() as i64 >= limit);
            let mut jobs = Vec::with_capacity(rows.len());
            for row in rows.into_iter().filter(|row| row.removable) {
                jobs.push(ExpiredJob {
                    id: JobId(row.id),
                    project: stored::parse("job.project", &row.project)?,
                    storage_keys: row.storage_keys,
                });
            }
            Ok(ExpiredJobs { jobs, next })
        })
        .await
    }

    /// Removes jobs with their attempts, events and the rows of their results, if all that [`expired_jobs`](Self::expired_jobs)
    /// says of them still holds; one that is another sweep's at the moment stays. Returns how many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_expired_jobs(&self, age: Duration, jobs: &[JobId]) -> Result<u64, StoreError> {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        self.within("retention.remove_jobs", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/retention/remove_jobs.sql", stored::micros(age), &ids)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }

    /// Removes at most `limit` events of jobs that ended `age` ago or earlier, the oldest first. Returns how many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_expired_events(&self, age: Duration, limit: i64) -> Result<u64, StoreError> {
        self.within("retention.remove_events", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/retention/remove_events.sql", stored::micros(age), limit)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }

    /// Removes at most `limit` events of these jobs, as far as they ended `age` ago or earlier. Returns how many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_events_of(
        &self,
        age: Duration,
        jobs: &[JobId],
        limit: i64,
    ) -> Result<u64, StoreError> {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        self.within("retention.remove_events_of", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!(
                "sql/retention/remove_events_of.sql",
                stored::micros(age),
                &ids,
                limit
            )
            .execute(&mut *session)
            .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }

    /// Removes at most `limit` audit events of an age of `age`, the oldest first. Returns how many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]; Postgres refuses to remove one that is younger than 30 days.
    pub async fn remove_audit_events(&self, age: Duration, limit: i64) -> Result<u64, StoreError> {
        self.within("retention.remove_audit_events", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!(
                "sql/retention/remove_audit_events.sql",
                stored::micros(age),
                limit
            )
            .execute(&mut *session)
            .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }

    /// Removes the rows of workers that stopped, or were last heard, `age` ago or earlier; at most `limit` of each. Returns how
    /// many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_gone_workers(&self, age: Duration, limit: i64) -> Result<u64, StoreError> {
        self.within("retention.remove_workers", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/retention/remove_workers.sql", stored::micros(age), limit)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }
}
