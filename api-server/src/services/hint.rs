//! Waking a worker.

use crate::context::Context;
use mltraining_runtime::metrics::list;
use mltraining_signal::Hint;
use mltraining_store::jobs::Job;

/// Wakes a worker for a job that waits. What made it wait is committed: without a hint it only starts a little later.
pub(super) async fn send(context: &Context, job: &Job) {
    let hint = Hint {
        request_id: job.request_id.clone(),
        traceparent: job.traceparent.clone(),
        ..Hint::new(job.id.0, &job.queue)
    };
    let sent = context.signal.hint(&hint).await;
    list::HINTS.add(1, &[if sent.is_ok() { "ok" } else { "failed" }]);
    if let Err(error) = sent {
        tracing::warn!(job.id = %job.id, error = %error, "no hint was sent: a worker finds the job when it next polls");
    }
}
