//! Waking a worker, and those who watch.

use crate::context::Context;
use mltraining_signal::Hint;
use mltraining_store::jobs::Job;

/// Wakes a worker for a job that waits. What made it wait is committed: without a hint it only starts a little later.
pub(super) async fn send(context: &Context, job: &Job) {
    let hint = Hint {
        request_id: job.request_id.clone(),
        traceparent: job.traceparent.clone(),
        ..Hint::new(job.id.0, &job.queue)
    };
    if let Err(error) = context.signal.hint(&hint).await {
        tracing::warn!(job.id = %job.id, error = %error, "no hint was sent: a worker finds the job when it next polls");
    }
}

/// Lets watchers of a job look now, on every server, beside the call. Without it they see its new events with their next poll.
pub(super) fn tell_watchers(context: &Context, job: &Job) {
    let (signal, job) = (context.signal.clone(), job.id);
    tokio::spawn(async move {
        if let Err(error) = signal.tell_events(job.0).await {
            tracing::debug!(job.id = %job, %error, "watchers see an event a little later");
        }
    });
}
