//! Refuses calls above the server's capacity at once, instead of letting all of them wait.

use super::next::{Next, Request, Response};
use crate::access::{self, Access};
use crate::error::{self, ApiError};
use mltraining_domain::Reason;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many calls the server works on at once, over all connections.
#[derive(Debug, Clone)]
pub struct Capacity {
    free: Arc<Semaphore>,
    calls: usize,
}

impl Capacity {
    /// Room for `calls` at once.
    pub fn new(calls: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(calls)),
            calls,
        }
    }
}

/// RATE_LIMITED with RetryInfo when there is no room. Health always has room: a busy server is not a dead one. A stream
/// counts until it is open; open streams have a limit of their own.
pub async fn shed(capacity: Capacity, request: Request, next: Next) -> Response {
    if access::find(request.uri().path()).is_some_and(|method| method.access == Access::Open) {
        return next.run(request).await;
    }
    let Ok(_room) = capacity.free.try_acquire() else {
        let message = format!(
            "the server works on {} calls already; try again in 1 s",
            capacity.calls
        );
        return error::refuse(ApiError::new(Reason::RateLimited, message).with("limit", capacity.calls));
    };
    next.run(request).await
}
