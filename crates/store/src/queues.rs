//! Queues: what workers take jobs from, and whether they may.

use crate::audit::Touched;
use crate::{Store, StoreError, claims};
use chrono::{DateTime, Utc};
use mltraining_domain::JobId;
use sqlx::Connection;

/// The queue of requests that name none; made by the migrations.
pub const DEFAULT_QUEUE: &str = "default";

fn unknown(queue: &str) -> StoreError {
    StoreError::NotFound {
        what: "queue",
        name: queue.to_owned(),
    }
}

/// A queue that was changed, as the audit names it.
fn touched(queue: &str, changed: bool) -> Option<Touched> {
    changed.then(|| Touched::of_service(format_args!("queues/{queue}")))
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The slug.
    pub id: String,
    /// Since when no job of it starts; `None` while it is open.
    pub paused_at: Option<DateTime<Utc>>,
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

    /// All queues, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        self.within("queues.list", async {
            let mut session = self.session().await?;
            let queues = sqlx::query_file_as!(Queue, "sql/queues/list.sql")
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(queues)
        })
        .await
    }

    /// Lets no worker claim from the queue: once this has returned, no claim of it is committed. Pausing a paused queue
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]. After [`StoreError::Timeout`] it may be paused while a claim is still under way.
    pub async fn pause_queue(&self, queue: &str) -> Result<Queue, StoreError> {
        self.within("queues.pause", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let paused = sqlx::query_file!("sql/queues/pause.sql", queue)
                .fetch_optional(&mut *transaction)
                .await?;
            let paused = paused.ok_or_else(|| unknown(queue))?;
            self.commit(transaction, touched(queue, paused.is_changed))
                .await?;
            claims::await_under_way(&mut session).await?;
            session.release();
            Ok(Queue {
                id: paused.id,
                paused_at: paused.paused_at,
            })
        })
        .await
    }

    /// Opens a paused queue. Opening an open one changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn resume_queue(&self, queue: &str) -> Result<Queue, StoreError> {
        self.within("queues.resume", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let resumed = sqlx::query_file!("sql/queues/resume.sql", queue)
                .fetch_optional(&mut *transaction)
                .await?;
            let resumed = resumed.ok_or_else(|| unknown(queue))?;
            self.commit(transaction, touched(queue, resumed.is_changed))
                .await?;
            session.release();
            Ok(Queue {
                id: resumed.id,
                paused_at: None,
            })
        })
        .await
    }

    /// Jobs of the queue that could start now, at most `limit`: those that hints are for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn due_jobs_of_queue(&self, queue: &str, limit: i64) -> Result<Vec<JobId>, StoreError> {
        self.within("queues.due_jobs", async {
            let mut session = self.session().await?;
            let due = sqlx::query_file_scalar!("sql/queues/due_jobs.sql", queue, limit)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(due.into_iter().map(JobId).collect())
        })
        .await
    }
}
