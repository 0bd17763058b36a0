//! Worker processes, for people to look at; never used for safety.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::WorkerId;

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
        let _ = worker;
        unimplemented!()
    }

    /// Says that the worker lives. True while it should go on, false when it is asked to drain (or is unknown).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn worker_heartbeat(&self, id: WorkerId) -> Result<bool, StoreError> {
        let _ = id;
        unimplemented!()
    }

    /// Says that the worker takes no new jobs.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn drain_worker(&self, id: WorkerId) -> Result<(), StoreError> {
        let _ = id;
        unimplemented!()
    }

    /// Says that the worker is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn stop_worker(&self, id: WorkerId) -> Result<(), StoreError> {
        let _ = id;
        unimplemented!()
    }

    /// The workers that have not said goodbye, the one heard last first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn live_workers(&self) -> Result<Vec<Worker>, StoreError> {
        unimplemented!()
    }
}
