//! Queues: what workers take jobs from, and whether they may.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};

/// The queue of requests that name none; made by the migrations.
pub const DEFAULT_QUEUE: &str = "default";

fn unknown(queue: &str) -> StoreError {
    StoreError::NotFound {
        what: "queue",
        name: queue.to_owned(),
    }
}

fn expect_one(rows: u64, queue: &str) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(unknown(queue)) }
}

impl Store {
    /// Since when the queue is paused; `None` while it is open.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn queue_paused_at(&self, queue: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.within("queues.get", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/queues/get.sql", queue)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            Ok(row.ok_or_else(|| unknown(queue))?.paused_at)
        })
        .await
    }

    /// Lets no worker claim from the queue. Pausing a paused queue changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn pause_queue(&self, queue: &str) -> Result<(), StoreError> {
        self.within("queues.pause", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/queues/pause.sql", queue)
                .execute(&mut *session)
                .await?;
            session.release();
            expect_one(done.rows_affected(), queue)
        })
        .await
    }

    /// Opens a paused queue.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn resume_queue(&self, queue: &str) -> Result<(), StoreError> {
        self.within("queues.resume", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/queues/resume.sql", queue)
                .execute(&mut *session)
                .await?;
            session.release();
            expect_one(done.rows_affected(), queue)
        })
        .await
    }
}
