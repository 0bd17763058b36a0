//! Refusals that several services give.

use crate::error::ApiError;
use mltraining_domain::Reason;

/// The project has as many queued jobs as it may have.
pub(super) fn queue_full(max_queued: i32) -> ApiError {
    let text = format!("{max_queued} jobs are queued, {max_queued} are allowed; try again in 60 s");
    ApiError::new(Reason::QueueFull, text)
        .with("quota", "queued_jobs")
        .with("limit", max_queued)
}

/// A job for a model that is deleted. `name` is the model's.
pub(super) fn model_deleted(name: &str) -> ApiError {
    let text = format!("{name} is deleted; undelete it first");
    ApiError::new(Reason::FailedPrecondition, text)
        .with("name", name)
        .with("state", "DELETED")
}
