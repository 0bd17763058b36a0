//! What is written about the end of an attempt. Every write is fenced; when an answer is lost, the row is read until it is
//! known what happened, because nothing is ever done again on a guess.

use crate::context::Context;
use crate::made::{Made, Output};
use crate::stop::{Stop, StopReason};
use crate::work::Work;
use bytes::Bytes;
use mltraining_artifacts::{ArtifactError, Key};
use mltraining_domain::{FailureClass, JobFailure, JobState, Reason, ResultId, WorkPhase};
use mltraining_store::StoreError;
use mltraining_store::claims::{ArtifactFile, ClaimedJob, Finished, Outcome, Trained};
use std::future::Future;
use std::time::Duration;
use tracing::Instrument;

/// Time between two tries while a store is away.
const RETRY: Duration = Duration::from_millis(500);

/// Stores the files, then commits everything at once.
pub(crate) async fn finish(context: &Context, job: &ClaimedJob, made: Made, work: &Work) {
    work.board.note(WorkPhase::Store, 0, 1, "storing the result");
    let stored = store(context, job, &made, work)
        .instrument(tracing::info_span!("store"))
        .await;
    match stored {
        Ok(Settled::Version(version)) => tracing::info!(version, "succeeded"),
        Ok(Settled::Earlier(state)) => {
            tracing::info!(%state, "the finish whose answer was lost had taken effect");
        }
        Ok(Settled::Cancelled) => tracing::info!("cancelled just before its end; the result is dropped"),
        Err(Unsettled::Failed(failure)) => fail(context, job, &failure, work).await,
        Err(Unsettled::Lost) => {} // told where the write was refused
    }
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

async fn store(context: &Context, job: &ClaimedJob, made: &Made, work: &Work) -> Result<Settled, Unsettled> {
    let files = put(context, job, made).await?;
    let result = ResultId(uuid::Uuid::new_v4());
    until_answered("stage", &work.stop, || {
        context.store.stage_result(job.lease, result, &files)
    })
    .await?;
    let mut tries = 0;
    loop {
        match commit(context, job, result, &made.output).await {
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
        Output::Version(made) => {
            let trained = Trained {
                spec: &made.spec,
                facts: &made.facts,
                evaluation: &made.evaluation,
            };
            context.store.finish_train(job.lease, result, trained).await
        }
    }
}

async fn put(context: &Context, job: &ClaimedJob, made: &Made) -> Result<Vec<ArtifactFile>, Unsettled> {
    let mut files = Vec::with_capacity(made.files.len());
    for output in &made.files {
        let key = Key::new(
            job.project.as_str(),
            job.lease.job.0,
            job.lease.epoch.0,
            output.file,
        )
        .map_err(|e| not_stored(&e))?;
        let bytes = Bytes::copy_from_slice(&output.bytes);
        let receipt = context
            .artifacts
            .put(&key, bytes)
            .await
            .map_err(|e| not_stored(&e))?;
        files.push(ArtifactFile {
            file_name: output.file.to_owned(),
            storage_key: key.as_str().to_owned(),
            media_type: output.media_type.to_owned(),
            size_bytes: receipt.size as i64,
            sha256: receipt.sha256.0,
        });
    }
    Ok(files)
}

/// What a refused file means for the job. What the storage says stays in the log: it names paths.
fn not_stored(error: &ArtifactError) -> Unsettled {
    tracing::warn!(%error, "a file was not stored");
    let text = match error {
        ArtifactError::NoSpace(_) => "the artifact storage is full",
        _ => "the artifact storage cannot take the result now",
    };
    Unsettled::Failed(JobFailure {
        class: FailureClass::Infra,
        reason: Reason::Unavailable,
        message: text.to_owned(),
        phase: WorkPhase::Store,
    })
}

/// Ends the attempt with a failure.
pub(crate) async fn fail(context: &Context, job: &ClaimedJob, failure: &JobFailure, work: &Work) {
    tracing::warn!(reason = %failure.reason, phase = failure.phase.as_str(), "failed: {}", failure.message);
    match until_answered("fail", &work.stop, || context.store.fail_job(job.lease, failure)).await {
        Ok(failed) => {
            tracing::info!(state = %failed.state, retry_in = ?failed.retry_in, "the attempt has ended");
        }
        Err(_) => tracing::warn!("the failure could not be written; the lease will run out"),
    }
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
        reason => {
            tracing::info!(?reason, "stopped; giving the job back");
            match until_answered("fail", &work.stop, || context.store.release_job(job.lease)).await {
                Ok(released) => tracing::info!(state = %released.state, "the attempt has ended"),
                Err(_) => tracing::warn!("the job could not be given back; the lease will run out"),
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
            tracing::warn!(
                stale_write = write,
                "the lease was lost; nothing of this attempt is kept"
            );
            Unsettled::Lost
        }
        other => {
            tracing::error!(error = %other, "a result cannot be committed");
            Unsettled::Failed(JobFailure {
                class: FailureClass::Transient,
                reason: Reason::Internal,
                message: "the result cannot be committed; the worker's log says why".to_owned(),
                phase: WorkPhase::Store,
            })
        }
    }
}

fn lost(job: &ClaimedJob) -> StoreError {
    StoreError::LeaseLost {
        job: job.lease.job,
        epoch: job.lease.epoch,
    }
}
