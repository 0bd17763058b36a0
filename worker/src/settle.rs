//! What is written about the end of an attempt. Every write is fenced; when an answer is lost, the row is read until it is
//! known what happened, because nothing is ever done again on a guess.

use crate::context::Context;
use crate::made::Output;
use crate::process::message::{Need, Stored};
use crate::stop::{Stop, StopReason};
use crate::studies;
use crate::tune::{Waiting, WaitingOn};
use crate::work::Work;
use mltraining_domain::{FailureClass, JobFailure, JobKind, JobState, Reason, ResultId, WorkPhase};
use mltraining_runtime::metrics::list;
use mltraining_signal::{Change, Changed};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimedJob, Failed, Finished, Judged, Outcome, Trained};
use mltraining_store::studies::{ParkOutcome, Parked, Parking, TrialRecord};
use std::future::Future;
use std::time::Duration;
use tracing::Instrument;

/// Time between two tries while a store is away.
const RETRY: Duration = Duration::from_millis(500);

/// Names the stored files in rows, then commits everything at once.
pub(crate) async fn finish(context: &Context, job: &ClaimedJob, stored: &Stored, work: &Work) {
    let stored = store(context, job, stored, work)
        .instrument(tracing::info_span!("store"))
        .await;
    match stored {
        Ok(Settled::Version(version)) => {
            tell(context, job);
            tracing::info!(version, "succeeded");
        }
        Ok(Settled::Earlier(state)) => {
            tell(context, job);
            tracing::info!(%state, "the finish whose answer was lost had taken effect");
        }
        Ok(Settled::Cancelled) => tracing::info!("cancelled just before its end; the result is dropped"),
        Err(Unsettled::Failed(failure)) => fail(context, job, &failure, work).await,
        Err(Unsettled::Lost) => {} // told where the write was refused
    }
}

/// Tells the API servers that the model has a new version, so that none shows it without for longer than it must. Beside the
/// attempt, whose lease is over.
fn tell(context: &Context, job: &ClaimedJob) {
    let spec = match job.kind {
        JobKind::Tune => &job.spec["train"],
        _ => &job.spec,
    };
    let Some(model) = spec["model"].as_str() else {
        return;
    };
    let change = Change {
        kind: Changed::Model,
        project: job.project.as_str().to_owned(),
        id: model.to_owned(),
    };
    let signal = context.signal.clone();
    tokio::spawn(async move {
        if let Err(error) = signal.tell(&change).await {
            tracing::warn!(%error, "the new version was not told: API servers see it within their cache.max_age");
        }
    }.in_current_span());
}

/// How a result was settled.
enum Settled {
    /// Committed, as this version when the job makes one.
    Version(Option<i32>),
    /// By a finish whose answer was lost.
    Earlier(JobState),
    /// A cancel came first.
    Cancelled,
}

/// Why a result was not committed.
enum Unsettled {
    Failed(JobFailure),
    Lost,
}

async fn store(
    context: &Context,
    job: &ClaimedJob,
    stored: &Stored,
    work: &Work,
) -> Result<Settled, Unsettled> {
    let result = ResultId(uuid::Uuid::new_v4());
    until_answered("stage", &work.stop, || {
        context.store.stage_result(job.lease, result, &stored.files)
    })
    .await?;
    let mut tries = 0;
    loop {
        match commit(context, job, result, &stored.output).await {
            Ok(Finished::Succeeded { version }) => return Ok(Settled::Version(version)),
            Ok(Finished::Cancelled) => return Ok(Settled::Cancelled),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "the answer to the finish was lost; reading what became of it");
            }
            // Perhaps lost to the finish whose answer did not come.
            Err(StoreError::LeaseLost { .. }) if tries > 0 => {}
            Err(error) => return Err(unsettled("finish", error)),
        }
        tries += 1;
        match until_answered("finish", &work.stop, || context.store.lease_outcome(job.lease)).await? {
            Outcome::StillHeld => tokio::time::sleep(RETRY).await,
            Outcome::Ended(state) => return Ok(Settled::Earlier(state)),
            Outcome::Lost => return Err(unsettled("finish", lost(job))),
        }
    }
}

async fn commit(
    context: &Context,
    job: &ClaimedJob,
    result: ResultId,
    output: &Output,
) -> Result<Finished, StoreError> {
    match output {
        Output::Bare => context.store.finish_bare(job.lease, result).await,
        Output::Found(body) => context.store.finish_found(job.lease, result, body).await,
        Output::Evaluation(made) => {
            let judged = Judged {
                model: &made.model,
                version: made.version,
                evaluation: &made.evaluation,
            };
            context.store.finish_evaluation(job.lease, result, judged).await
        }
        Output::Version(made) => {
            let trained = Trained {
                spec: &made.spec,
                facts: &made.facts,
                evaluation: &made.evaluation,
                found: made.found.as_ref(),
            };
            context.store.finish_train(job.lease, result, trained).await
        }
    }
}

/// Ends the attempt with a failure.
pub(crate) async fn fail(context: &Context, job: &ClaimedJob, failure: &JobFailure, work: &Work) {
    list::JOB_FAILURES.add(1, &[job.kind.as_str(), failure.reason.as_str()]);
    tracing::warn!(reason = %failure.reason, phase = failure.phase.as_str(), "failed: {}", failure.message);
    end(context, job, work, || context.store.fail_job(job.lease, failure)).await;
}

/// Acts on the reason of a stop.
pub(crate) async fn stopped(context: &Context, job: &ClaimedJob, work: &Work) {
    match work.stop.reason() {
        Some(StopReason::Lost) => tracing::warn!("stopped: the lease was lost; nothing is written"),
        Some(StopReason::TimedOut) => {
            let failure = JobFailure {
                class: FailureClass::Timeout,
                reason: Reason::JobTimeout,
                message: "the job ran longer than its timeout; raise it or ask for less".to_owned(),
                phase: work.board.read().phase,
            };
            fail(context, job, &failure, work).await;
        }
        Some(StopReason::Unwritable) => fail(context, job, &uncommitted(), work).await,
        reason => {
            tracing::info!(?reason, "stopped; giving the job back");
            end(context, job, work, || context.store.release_job(job.lease)).await;
        }
    }
}

/// Lets a study wait without a worker, and wakes workers for the jobs that it waits for.
pub(crate) async fn park(context: &Context, job: &ClaimedJob, waiting: &Waiting, work: &Work) {
    let parked = Parked {
        parking: match &waiting.on {
            WaitingOn::Jobs(specs) => Parking::Rung(specs),
            WaitingOn::Others => Parking::Wait,
            WaitingOn::Nobody => Parking::GiveUp,
        },
        max_duration: waiting.max_duration,
        message: &waiting.message,
    };
    let parking = until_answered("park", &work.stop, || {
        context.store.park_study(job.lease, &job.project, parked)
    });
    match parking.await {
        Ok(ParkOutcome::Waits(jobs)) => {
            tracing::info!(jobs = jobs.len(), "the study waits: {}", waiting.message);
            for made in jobs {
                studies::hint(context, made).await;
            }
        }
        Ok(ParkOutcome::Cancelled) => end(context, job, work, || context.store.release_job(job.lease)).await,
        Err(Unsettled::Failed(failure)) => fail(context, job, &failure, work).await,
        Err(Unsettled::Lost) => {} // or the answer was lost: then it waits
    }
}

/// Notes what a trial has come to, before anything else that its process says is heard.
pub(crate) async fn trial(context: &Context, job: &ClaimedJob, record: &TrialRecord, work: &Work) {
    let written = until_answered("trial", &work.stop, || {
        context.store.record_trial(job.lease, record)
    });
    match written.await {
        Ok(true) => tracing::info!(number = record.number, rung = record.rung, "a trial has ended"),
        Ok(false) => tracing::info!(
            number = record.number,
            rung = record.rung,
            "the end of a trial came too late"
        ),
        Err(Unsettled::Lost) => work.stop.stop(StopReason::Lost),
        // The next attempt makes the trial again: a record that is lost would count as a trial that failed.
        Err(Unsettled::Failed(_)) => work.stop.stop(StopReason::Unwritable),
    }
}

/// Gives a job back that needs more memory than is free here, for when or where more is; fails it when no worker
/// that was heard within the grace has as much at all.
pub(crate) async fn too_large(context: &Context, job: &ClaimedJob, need: Need, work: &Work) {
    let here = context.memory.capacity();
    let grace = context.config.worker.large_worker_grace;
    let largest = if need.bytes <= here {
        Ok(here)
    } else {
        until_answered("fail", &work.stop, || context.store.largest_worker(grace)).await
    };
    let failure = match largest {
        Ok(largest) if need.bytes <= largest => {
            tracing::info!(
                need.bytes,
                free.bytes = context.memory.free(),
                "too little memory is free; giving the job back"
            );
            return end(context, job, work, || {
                context.store.hand_back_job(job.lease, need.bytes)
            })
            .await;
        }
        Ok(largest) => memory_failure(need, here.max(largest)),
        Err(Unsettled::Failed(failure)) => failure,
        Err(Unsettled::Lost) => return,
    };
    fail(context, job, &failure, work).await;
}

fn memory_failure(need: Need, largest: u64) -> JobFailure {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    let what = match need.rows {
        Some(rows) => format!("{rows} rows need"),
        None => "the job needs".to_owned(),
    };
    JobFailure {
        class: FailureClass::Resource,
        reason: Reason::MemoryLimit,
        message: format!(
            "{what} about {} MiB and the largest worker has {} MiB; take a shorter range, fewer entities or fewer features, or a \
             worker with a larger worker.memory_limit_bytes",
            mib(need.bytes),
            largest >> 20
        ),
        phase: WorkPhase::Read,
    }
}

/// Writes the end of an attempt that leaves nothing behind. When an answer was lost and the next try finds the lease gone, the
/// row tells whether it was this very end that took it.
async fn end<F, Fut>(context: &Context, job: &ClaimedJob, work: &Work, mut call: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Failed, StoreError>>,
{
    let mut tries = 0;
    loop {
        match call().await {
            Ok(failed) => {
                tracing::info!(state = %failed.state, retry_in = ?failed.retry_in, "the attempt has ended");
                return;
            }
            Err(error) if error.is_transient() && work.stop.reason() != Some(StopReason::Lost) => {
                tracing::warn!(%error, "Postgres cannot answer now; trying again");
                tries += 1;
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => {
                let earlier = tries > 0 && matches!(error, StoreError::LeaseLost { .. });
                if earlier && let Ok(Outcome::Ended(state)) = context.store.lease_outcome(job.lease).await {
                    tracing::info!(%state, "the end whose answer was lost had taken effect");
                    return;
                }
                unsettled("fail", error);
                tracing::warn!("the end of the attempt is not written; its lease runs out");
                return;
            }
        }
    }
}

/// Calls until Postgres answers, or the lease is lost.
async fn until_answered<T, F, Fut>(write: &'static str, stop: &Stop, mut call: F) -> Result<T, Unsettled>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    loop {
        match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_transient() && stop.reason() != Some(StopReason::Lost) => {
                tracing::warn!(%error, "Postgres cannot answer now; trying again");
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return Err(unsettled(write, error)),
        }
    }
}

/// What a refused write means. One that the fence refused is told here, by the name of the write.
fn unsettled(write: &'static str, error: StoreError) -> Unsettled {
    match error {
        StoreError::LeaseLost { .. } => {
            list::STALE_WRITES.add(1, &[write]);
            tracing::warn!(
                stale_write = write,
                "the lease was lost; nothing of this attempt is kept"
            );
            Unsettled::Lost
        }
        other => {
            tracing::error!(error = %other, "a result cannot be committed");
            Unsettled::Failed(uncommitted())
        }
    }
}

fn uncommitted() -> JobFailure {
    JobFailure {
        class: FailureClass::Transient,
        reason: Reason::Internal,
        message: "the result cannot be committed; the worker's log says why".to_owned(),
        phase: WorkPhase::Store,
    }
}

fn lost(job: &ClaimedJob) -> StoreError {
    StoreError::LeaseLost {
        job: job.lease.job,
        epoch: job.lease.epoch,
    }
}
