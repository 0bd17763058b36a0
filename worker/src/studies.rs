//! Studies that wait for jobs of theirs: each worker looks after them, at once when a job of its own has ended, and now and then for those
//! whose workers have died. There is no leader, and two at the same time do no harm.

use crate::context::{Context, QUEUE};
use mltraining_domain::{JobId, JobKind};
use mltraining_runtime::metrics::list;
use mltraining_signal::Hint;

/// So many rows are changed in one statement, at most.
const BATCH: i64 = 100;

/// Looks after what the end of an attempt at a job of this kind may have changed.
pub(crate) async fn after(context: &Context, kind: JobKind) {
    match kind {
        JobKind::Trial => look(context).await,
        JobKind::Tune => stop_children(context).await,
        _ => {}
    }
}

/// Looks after all studies.
pub(crate) async fn look(context: &Context) {
    stop_children(context).await;
    wake(context).await;
}

/// Lets studies go on whose jobs have all ended.
async fn wake(context: &Context) {
    match context.store.wake_studies(BATCH).await {
        Ok(studies) => {
            for study in studies {
                tracing::info!(job.id = %study, "the trials that a study waited for have ended");
                hint(context, study).await;
            }
        }
        Err(error) => tracing::warn!(%error, "studies that wait cannot be looked for now"),
    }
}

/// Stops the jobs of studies that have ended, or whose time is over.
async fn stop_children(context: &Context) {
    match context.store.stop_children(BATCH).await {
        Ok(stopped) if stopped.is_empty() => {}
        Ok(stopped) => tracing::info!(
            jobs = stopped.len(),
            "jobs of studies that have ended are stopped"
        ),
        Err(error) => tracing::warn!(%error, "jobs of ended studies cannot be looked for now"),
    }
}

/// Wakes a worker for a job that waits. Without a hint it only starts a little later.
pub(crate) async fn hint(context: &Context, job: JobId) {
    let sent = context.signal.hint(&Hint::new(job.0, QUEUE)).await;
    list::HINTS.add(1, &[if sent.is_ok() { "ok" } else { "failed" }]);
    if let Err(error) = sent {
        tracing::debug!(%error, "no hint was sent: a worker finds the job when it next polls");
    }
}
