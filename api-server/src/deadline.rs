//! Until when a call must be answered: the client's `grpc-timeout`, bounded by the server's own limit.

use crate::error::ApiError;
use http::Extensions;
use mltraining_domain::Reason;
use std::time::Duration;
use tokio::time::Instant;

/// The longest time of a unary call, and of a statement of a stream.
pub const LONGEST_CALL: Duration = Duration::from_secs(30);

/// The instant by which the call must be answered. In the extensions of every request, put there by the layer `deadline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// A deadline `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self {
            at: Instant::now() + limit,
            limit,
        }
    }

    /// The deadline of a request; [`LONGEST_CALL`] from now when it has none.
    pub fn of(extensions: &Extensions) -> Self {
        extensions
            .get()
            .copied()
            .unwrap_or_else(|| Self::after(LONGEST_CALL))
    }

    /// Time left, for statement timeouts; zero when it has passed.
    pub fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// The refusal for a call whose time is over.
    pub fn exceeded(&self) -> ApiError {
        let limit = self.limit.as_secs_f64();
        let message =
            format!("the call took longer than {limit} s; give it a longer timeout or ask for less");
        ApiError::new(Reason::DeadlineExceeded, message).with("limit", format!("{limit}s"))
    }

    /// Runs `work` until the deadline.
    ///
    /// # Errors
    /// DEADLINE_EXCEEDED when it is not done by then; the work is dropped.
    pub async fn bound<T>(self, work: impl Future<Output = T>) -> Result<T, ApiError> {
        tokio::time::timeout_at(self.at, work)
            .await
            .map_err(|_| self.exceeded())
    }
}
