//! Files that are looked at again while the server runs.

use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Calls `look` on `of`, which may block, each `interval` until `stop`.
pub(crate) async fn follow<T: Send + Sync + 'static>(
    of: Arc<T>,
    look: fn(&T),
    interval: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let of = Arc::clone(&of);
        // A look that panicked has left everything as it was; the next one tries again.
        let _ = tokio::task::spawn_blocking(move || look(&of)).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(interval) => {}
        }
    }
}
