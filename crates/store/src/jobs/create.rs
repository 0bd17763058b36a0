//! Making a job: idempotent, and within the project's limit of waiting jobs.

use super::Job;
use crate::sources::Idempotency;
use crate::{Store, StoreError};
use mltraining_domain::{Checked, JobId, Priority, ProjectId, Span, TrainSpec};
use std::collections::BTreeMap;

/// A training job to be made.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// A fresh UUID v7.
    pub id: JobId,
    /// The project.
    pub project: &'a ProjectId,
    /// The queue, usually [`DEFAULT_QUEUE`](crate::queues::DEFAULT_QUEUE).
    pub queue: &'a str,
    /// What is to be done.
    pub spec: &'a Checked<TrainSpec>,
    /// Makes repeating safe.
    pub idempotency: Option<Idempotency>,
    /// The correlation id of the request, at most 128 printable ASCII characters.
    pub request_id: Option<&'a str>,
    /// The W3C trace of the request.
    pub traceparent: Option<&'a str>,
    /// Who asks.
    pub created_by: &'a str,
    /// 0 first, 4 last.
    pub priority: Priority,
    /// Words to find it by.
    pub labels: &'a BTreeMap<String, String>,
    /// Longest time of an attempt; `None` for 6 hours.
    pub timeout: Option<Span>,
}

/// What became of a request to make a job.
#[derive(Debug, Clone, PartialEq)]
pub enum CreatedJob {
    /// It was made.
    Created(Job),
    /// The same request made it before.
    Existing(Job),
    /// The idempotency key was used for another request (REQUEST_ID_REUSED).
    KeyReused,
    /// The project has this many jobs waiting in the queue already, which is its limit (QUEUE_FULL).
    QueueFull {
        /// The limit.
        max_queued: i32,
    },
    /// The model is deleted (ALREADY_EXISTS: undelete it first).
    ModelDeleted,
}

impl Store {
    /// Makes a job, unless the same request made it before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the project or the source does not exist, or a rule is broken.
    pub async fn create_job(&self, job: &NewJob<'_>) -> Result<CreatedJob, StoreError> {
        let _ = job;
        unimplemented!()
    }
}
