//! Queues: what workers take jobs from, and whether they may.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};

/// The queue of requests that name none; made by the migrations.
pub const DEFAULT_QUEUE: &str = "default";

impl Store {
    /// Since when the queue is paused; `None` while it is open.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn queue_paused_at(&self, queue: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let _ = queue;
        unimplemented!()
    }

    /// Lets no worker claim from the queue. Pausing a paused queue changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn pause_queue(&self, queue: &str) -> Result<(), StoreError> {
        let _ = queue;
        unimplemented!()
    }

    /// Opens a paused queue.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn resume_queue(&self, queue: &str) -> Result<(), StoreError> {
        let _ = queue;
        unimplemented!()
    }
}
