//! What every service holds: the stores, the configuration and the signal to stop.

use mltraining_runtime::config::ApiConfig;
use mltraining_store::Store;
use tokio_util::sync::CancellationToken;

/// Shared by all services as an `Arc`. It has no clock: only the database's clock decides.
#[derive(Debug)]
pub struct Context {
    /// Postgres. A call takes `store.with_call_timeout(Deadline::of(request.extensions()).remaining())`.
    pub store: Store,
    /// The checked configuration.
    pub config: ApiConfig,
    /// Fires when the server drains: a stream ends then with UNAVAILABLE, and its client resumes elsewhere.
    pub stop: CancellationToken,
}
