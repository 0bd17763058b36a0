//! Worker processes, for people to look at, and for jobs that need a large one; never used for safety.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::WorkerId;
use std::time::Duration;

/// What a worker says of itself at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorker {
    /// Fresh per boot.
    pub id: WorkerId,
    /// Of its machine.
    pub hostname: String,
    /// Of the service.
    pub version: String,
    /// Jobs that it runs at once, 1 or more.
    pub slots: i32,
    /// What they may take together, in bytes.
    pub memory_bytes: u64,
}

/// A worker as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// Of its machine.
    pub hostname: String,
    /// Of the service.
    pub version: String,
    /// Jobs that it runs at once.
    pub slots: i32,
    /// What they may take together, in bytes; `None` for a worker of an earlier version.
    pub memory_bytes: Option<u64>,
    /// When it came up.
    pub started_at: DateTime<Utc>,
    /// When it was last heard.
    pub heartbeat_at: DateTime<Utc>,
    /// Since when it takes no new jobs.
    pub draining_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Enters a worker.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for values out of range.
    pub async fn register_worker(&self, worker: &NewWorker) -> Result<(), StoreError> {
        self.within("workers.register", async {
            let mut session = self.session().await?;
            sqlx::query_file!(
                "sql/workers/register.sql",
                worker.id.0,
                worker.hostname,
                worker.version,
                worker.slots,
                stored::bytes(worker.memory_bytes)
            )
            .execute(&mut *session)
            .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// Says that the worker lives. True while it should go on, false when it is asked to drain (or is unknown).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn worker_heartbeat(&self, id: WorkerId) -> Result<bool, StoreError> {
        self.within("workers.heartbeat", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/workers/heartbeat.sql", id.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            Ok(row.is_some_and(|row| row.wanted))
        })
        .await
    }

    /// Says that the worker takes no new jobs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn drain_worker(&self, id: WorkerId) -> Result<(), StoreError> {
        self.within("workers.drain", async {
            let mut session = self.session().await?;
            sqlx::query_file!("sql/workers/drain.sql", id.0)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// Says that the worker is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn stop_worker(&self, id: WorkerId) -> Result<(), StoreError> {
        self.within("workers.stop", async {
            let mut session = self.session().await?;
            sqlx::query_file!("sql/workers/stop.sql", id.0)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// The workers that have not said goodbye, the one heard last first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn live_workers(&self) -> Result<Vec<Worker>, StoreError> {
        self.within("workers.list_live", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/workers/list_live.sql")
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let workers = rows.into_iter().map(|row| Worker {
                id: WorkerId(row.id),
                hostname: row.hostname,
                version: row.version,
                slots: row.slots,
                memory_bytes: row.memory_bytes.map(i64::unsigned_abs),
                started_at: row.started_at,
                heartbeat_at: row.heartbeat_at,
                draining_at: row.draining_at,
            });
            Ok(workers.collect())
        })
        .await
    }

    /// The memory of the largest worker that was heard within `fresh` and takes new jobs, in bytes; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn largest_worker(&self, fresh: Duration) -> Result<u64, StoreError> {
        self.within("workers.largest", async {
            let mut session = self.session().await?;
            let largest = sqlx::query_file_scalar!("sql/workers/largest.sql", stored::micros(fresh))
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(largest.unsigned_abs())
        })
        .await
    }
}
