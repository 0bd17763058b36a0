//! What can go wrong with a signal. None of it may fail a request.

use std::time::Duration;

/// Why Redis did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The URL cannot be used; its text is not repeated, it may hold a password.
    #[error("the Redis URL cannot be used: {0}; it must be like redis://user:password@host:port/db")]
    Url(String),
    /// No answer within the limit.
    #[error("no answer from Redis within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// Redis is away or refuses.
    #[error("Redis: {0}")]
    Unavailable(String),
}
