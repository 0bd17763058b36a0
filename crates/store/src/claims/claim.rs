//! Taking the next job: priority within a project, fairness between projects, pause and limits held.

use super::Lease;
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{JobKind, ProjectId, TrainSpec, WorkerId};
use serde_json::Value;
use std::time::Duration;

/// Who claims what.
#[derive(Debug, Clone)]
pub struct ClaimRequest<'a> {
    /// The queue.
    pub queue: &'a str,
    /// The worker.
    pub worker: WorkerId,
    /// How long the lease holds without a heartbeat.
    pub lease: Duration,
    /// The kinds that this worker knows.
    pub kinds: &'a [JobKind],
    /// The newest form of specs that it can read.
    pub max_spec_version: i32,
}

/// A job that is now this worker's.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// The right to run it.
    pub lease: Lease,
    /// The project.
    pub project: ProjectId,
    /// What it does.
    pub kind: JobKind,
    /// What is to be done, as stored.
    pub spec: Value,
    /// The form of the spec.
    pub spec_version: i32,
    /// The trace of the request that made it.
    pub traceparent: Option<String>,
    /// The correlation id of that request.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Since when it could have started.
    pub due_at: DateTime<Utc>,
    /// When it was claimed, by the database's clock.
    pub claimed_at: DateTime<Utc>,
    /// What is left until the deadline of this attempt.
    pub time_left: Duration,
}

impl ClaimedJob {
    /// The spec of a training job; check it before it runs.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read.
    pub fn train_spec(&self) -> Result<TrainSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone())
    }
}

impl Store {
    /// Claims the next job, `None` when nothing can start now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]: perhaps a job was claimed; the reaper returns it.
    pub async fn claim_job(&self, request: &ClaimRequest<'_>) -> Result<Option<ClaimedJob>, StoreError> {
        let _ = request;
        unimplemented!()
    }

    /// How long until the next waiting job of the queue is due; zero when one is, `None` when none waits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn next_due(&self, queue: &str) -> Result<Option<Duration>, StoreError> {
        let _ = queue;
        unimplemented!()
    }
}
