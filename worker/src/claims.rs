//! The claim loop: woken by a hint or by a jittered poll, it takes what can start now, until nothing is due.

use crate::attempt::{self, Claim};
use crate::context::{Context, QUEUE};
use crate::unheard::Unheard;
use mltraining_domain::JobKind;
use mltraining_domain::spec::train::SPEC_VERSION;
use mltraining_signal::HintListener;
use mltraining_store::claims::{ClaimRequest, ClaimedJob};
use rand::RngExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

/// The kinds of job that a worker does.
const KINDS: &[JobKind] = &[
    JobKind::Train,
    JobKind::Reproduce,
    JobKind::Evaluate,
    JobKind::Compare,
    JobKind::Backtest,
    JobKind::BatchPredict,
    JobKind::Tune,
    JobKind::Trial,
];
/// The same, with those that only tests make.
const KINDS_AND_PROBES: &[JobKind] = &[
    JobKind::Train,
    JobKind::Reproduce,
    JobKind::Evaluate,
    JobKind::Compare,
    JobKind::Backtest,
    JobKind::BatchPredict,
    JobKind::Tune,
    JobKind::Trial,
    JobKind::Probe,
];

/// Claims and starts attempts until the worker stops. Attempts run on `attempts`.
pub(crate) async fn run(context: Arc<Context>, mut hints: HintListener, attempts: TaskTracker) {
    let slots = Arc::new(Semaphore::new(context.config.worker.slots as usize));
    let stop = context.stop.clone();
    let mut unheard = Unheard::default();
    while !stop.is_cancelled() {
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            () = unheard.settled() => None, // the slots may be taken for long
            slot = Arc::clone(&slots).acquire_owned() => Some(slot.expect("the slots are never closed")),
        };
        if let Err(error) = unheard.give_back(&context).await {
            tracing::warn!(%error, "no job can be claimed now");
            drop(slot);
            wait(&context, &mut hints).await;
            continue;
        }
        let Some(slot) = slot else { continue };
        match claim(&context, &mut unheard).await {
            Some(job) => start(&context, &attempts, job, slot),
            None => {
                drop(slot);
                wait(&context, &mut hints).await;
            }
        }
    }
    if let Err(error) = unheard.give_back(&context).await {
        tracing::warn!(%error, "a job whose claim was not heard of may wait until its lease runs out");
    }
}

async fn claim(context: &Context, unheard: &mut Unheard) -> Option<ClaimedJob> {
    let request = ClaimRequest {
        queue: QUEUE,
        worker: context.worker,
        lease: context.config.worker.lease,
        free_memory_bytes: context.memory.free(),
        large_worker_grace: context.config.worker.large_worker_grace,
        kinds: if context.config.worker.probe_jobs {
            KINDS_AND_PROBES
        } else {
            KINDS
        },
        max_spec_version: SPEC_VERSION,
    };
    match context.store.claim_job(&request).await {
        Ok(job) => job,
        Err(error) => {
            tracing::warn!(%error, "no job can be claimed now");
            unheard.note(context);
            None
        }
    }
}

fn start(context: &Arc<Context>, attempts: &TaskTracker, job: ClaimedJob, slot: OwnedSemaphorePermit) {
    // Taken before the next claim, so that two jobs never count on the same bytes.
    let memory = context.memory.reserve(job.memory_bytes.unwrap_or(0));
    // Held before it starts, so that a look for jobs that nobody does never meets it.
    let claim = Claim::take(context, job, memory);
    let context = Arc::clone(context);
    attempts.spawn(async move {
        attempt::run(&context, claim).await;
        drop(slot);
    });
}

/// Sleeps until a hint comes, memory is free again, the next job is due, the poll is due, or the worker stops.
async fn wait(context: &Context, hints: &mut HintListener) {
    let config = &context.config.worker;
    let poll = rand::rng().random_range(config.poll_min..=config.poll_max);
    let due = context.store.next_due(QUEUE).await.ok().flatten();
    // A job that is due but could not be claimed (limits, pause) must not make this a busy loop.
    let due = due.filter(|due| !due.is_zero()).unwrap_or(Duration::MAX);
    tokio::select! {
        () = context.stop.cancelled() => {}
        hint = hints.next() => tracing::debug!(job.id = %hint.job_id, request.id = hint.request_id, "woken by a hint"),
        () = context.memory.freed() => {}
        () = tokio::time::sleep(poll.min(due)) => {}
    }
}
