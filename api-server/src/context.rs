//! What every service holds: the stores, the configuration and the signal to stop.

use mltraining_artifacts::Artifacts;
use mltraining_runtime::config::ApiConfig;
use mltraining_signal::Signal;
use mltraining_store::Store;
use tokio_util::sync::CancellationToken;

/// Shared by all services as an `Arc`. It has no clock: only the database's clock decides.
#[derive(Clone)]
pub struct Context {
    /// Postgres. A call takes `store.with_call_timeout(Deadline::of(request.extensions()).remaining())`.
    pub store: Store,
    /// Redis: hints to workers. Its failure is logged, never returned.
    pub signal: Signal,
    /// The files of results.
    pub artifacts: Artifacts,
    /// The checked configuration.
    pub config: ApiConfig,
    /// Fires when the server begins to drain, after its readiness is off. Open streams end then by themselves.
    pub stop: CancellationToken,
}
