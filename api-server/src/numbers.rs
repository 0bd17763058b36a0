//! The numbers that nobody's call makes: the queue, the workers and the pool, looked at now and then.

use crate::context::Context;
use mltraining_domain::{JobKind, JobState};
use mltraining_runtime::metrics::list;
use mltraining_store::overview::{JobsOfKind, Overview};
use std::sync::Arc;
use std::time::Duration;

/// Time between two looks. A look counts all jobs that have not ended; a server makes one, however often its numbers are read.
const INTERVAL: Duration = Duration::from_secs(5);

/// Looks until the server stops.
pub(crate) async fn run(context: Arc<Context>) {
    let pool = context.store.pool_use();
    list::DB_POOL_LIMIT.set(f64::from(pool.max), &[]);
    loop {
        let pool = context.store.pool_use();
        list::DB_POOL_CONNECTIONS.set(f64::from(pool.open.saturating_sub(pool.idle)), &["used"]);
        list::DB_POOL_CONNECTIONS.set(f64::from(pool.idle), &["idle"]);
        match context.store.overview().await {
            Ok(overview) => tell(&overview),
            Err(error) => tracing::debug!(%error, "the queue cannot be looked at for metrics now"),
        }
        tokio::select! {
            () = context.stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

/// A kind without jobs is told as 0: it is known to have none.
fn tell(overview: &Overview) {
    for kind in JobKind::ALL {
        let sum = |of: &dyn Fn(&JobsOfKind) -> bool| {
            let jobs = overview.jobs.iter().filter(|jobs| jobs.kind == kind && of(jobs));
            jobs.map(|jobs| jobs.jobs).sum::<i64>() as f64
        };
        let due = |jobs: &JobsOfKind| jobs.state == JobState::Queued && !jobs.is_scheduled;
        let word = kind.as_str();
        list::QUEUE_JOBS.set(sum(&due), &[word, "queued"]);
        let later = |jobs: &JobsOfKind| jobs.state == JobState::Queued && jobs.is_scheduled;
        list::QUEUE_JOBS.set(sum(&later), &[word, "scheduled"]);
        list::QUEUE_JOBS.set(sum(&|jobs| jobs.state == JobState::Running), &[word, "running"]);
        let waiting = overview.jobs.iter().filter(|jobs| jobs.kind == kind && due(jobs));
        let oldest = waiting.map(|jobs| jobs.oldest).max().unwrap_or_default();
        list::QUEUE_OLDEST_AGE.set(oldest.as_secs_f64(), &[word]);
    }
    list::WORKERS.set((overview.workers - overview.draining) as f64, &["working"]);
    list::WORKERS.set(overview.draining as f64, &["draining"]);
    list::WORKER_SLOTS.set(overview.slots as f64, &[]);
}
