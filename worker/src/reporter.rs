//! Writes an attempt's progress to its row, now and then, as long as the attempt runs.

use crate::progress::Board;
use crate::stop::{Stop, StopReason};
use mltraining_domain::Progress;
use mltraining_runtime::metrics::list;
use mltraining_store::claims::Lease;
use mltraining_store::{Store, StoreError};
use std::convert::Infallible;
use std::time::Duration;

/// How often the board is read: watchers see progress within a second.
const INTERVAL: Duration = Duration::from_millis(300);

/// The smallest step of the fraction that is told, so that an attempt leaves a thousand events at most, however long it is.
const STEP: f64 = 0.001;

/// Reports until dropped (it never ends by itself). A lost lease stops the attempt.
pub(crate) async fn run(store: &Store, lease: Lease, board: &Board, stop: &Stop) -> Infallible {
    let mut told: Option<Progress> = None;
    let mut seq = 0;
    loop {
        let now = board.read();
        if told.as_ref().is_none_or(|told| is_news(told, &now)) {
            seq += 1;
            match store.report_progress(lease, seq, &now).await {
                Ok(()) => told = Some(now),
                Err(StoreError::LeaseLost { .. }) => {
                    list::STALE_WRITES.add(1, &["progress"]);
                    tracing::warn!(
                        stale_write = "progress",
                        "the lease is lost; the progress was refused"
                    );
                    stop.stop(StopReason::Lost);
                    return std::future::pending().await;
                }
                Err(error) => tracing::debug!(%error, "progress not stored; it will be with the next"),
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn is_news(told: &Progress, now: &Progress) -> bool {
    told.phase != now.phase || now.fraction - told.fraction >= STEP
}
