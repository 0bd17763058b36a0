//! Hints for jobs that may start again because a queue was resumed or a limit raised.

use super::call::Call;
use crate::context::Context;
use mltraining_domain::{JobId, ProjectId, QueueId};
use mltraining_runtime::request_id::RequestId;
use mltraining_runtime::trace::current_traceparent;
use mltraining_signal::Hint;
use mltraining_store::StoreError;

/// Hints sent at once, at most. Each wakes one worker, which then goes on until nothing is due; workers beyond that find
/// the rest when they next poll.
const MOST: i64 = 64;

/// Whose jobs may start again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Woken<'a> {
    /// Those of a queue.
    Queue(&'a QueueId),
    /// So many of a project; none when it is not positive.
    Project(&'a ProjectId, i64),
}

/// Wakes a worker for each job that is due, best effort: the change is committed, and every worker polls.
pub(super) async fn workers(context: &Context, call: &Call, woken: Woken<'_>) {
    let due = match due(call, woken).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "no hints were sent: workers find the jobs when they next poll");
            return;
        }
    };
    for (queue, job) in due {
        let hint = Hint {
            request_id: call
                .request_id
                .as_ref()
                .map(|id| RequestId::as_str(id).to_owned()),
            traceparent: current_traceparent(),
            ..Hint::new(job.0, queue)
        };
        if let Err(error) = context.signal.hint(&hint).await {
            tracing::warn!(job.id = %job, %error, "no more hints were sent: workers find the jobs when they next poll");
            return;
        }
    }
}

async fn due(call: &Call, woken: Woken<'_>) -> Result<Vec<(String, JobId)>, StoreError> {
    match woken {
        Woken::Queue(queue) => {
            let jobs = call.store.due_jobs_of_queue(queue.as_str(), MOST).await?;
            Ok(jobs.into_iter().map(|job| (queue.to_string(), job)).collect())
        }
        Woken::Project(_, ..=0) => Ok(Vec::new()),
        Woken::Project(project, room) => call.store.due_jobs_of_project(project, room.min(MOST)).await,
    }
}
