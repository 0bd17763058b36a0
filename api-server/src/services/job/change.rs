//! Changing one job: CancelJob, RetryJob, UpdateJob.

use super::{JobApi, one, one_with_place};
use crate::convert::field::check_text;
use crate::convert::{etag, job as wire, job_change, name};
use crate::error::ApiError;
use crate::services::call::{Call, missing};
use crate::services::{hint, refusal};
use mltraining_domain::name::JobName;
use mltraining_domain::{JobKind, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::{CancelOutcome, Job, JobChange, JobUpdate, JobView, RetryOutcome};
use tonic::Request;

/// Longest reason of a cancel, in characters.
pub(super) const MAX_CANCEL_REASON: usize = 512;

/// So many jobs of studies are stopped at once, at most.
const CHILDREN: i64 = 100;

impl JobApi {
    pub(super) async fn cancel(&self, request: Request<v1::CancelJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let mut found = Violations::new();
        check_text(&request.reason, MAX_CANCEL_REASON, "reason", &mut found);
        found.into_result(())?;
        let revision = etag::read(wire::ETAG, &request.etag);
        let by = &call.caller.key;
        let outcome = call
            .store
            .cancel_job(&name.project, name.job, by, &request.reason, revision)
            .await;
        match outcome.map_err(missing(&name))? {
            CancelOutcome::Acknowledged(job) => {
                tracing::info!(job.id = %job.id, job.state = job.state.as_str(), "a cancel was acknowledged");
                self.context.signal.tell_events_beside(job.id.0);
                stop_children(&call, &job).await;
                one(&call, job).await
            }
            CancelOutcome::AlreadyFinal(job) => {
                let text = format!(
                    "the job is {}; only a QUEUED or RUNNING job can be cancelled",
                    job.state
                );
                Err(wrong_state(Reason::JobNotCancellable, text, &name, &job))
            }
            CancelOutcome::RevisionMismatch(job) => Err(changed(&name, &job)),
        }
    }

    pub(super) async fn retry(&self, request: Request<v1::RetryJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let revision = etag::read(wire::ETAG, &request.etag);
        let outcome = call.store.retry_job(&name.project, name.job, revision).await;
        match outcome.map_err(missing(&name))? {
            RetryOutcome::Retried(job) => {
                tracing::info!(job.id = %job.id, caller.key = call.caller.key, "a job is retried");
                hint::send(&self.context, &job).await;
                one_with_place(&call, job).await
            }
            RetryOutcome::NotRetryable(job) => {
                let text = match job.kind {
                    JobKind::Trial => {
                        "the job does trials of a study, which has counted them; retry the study".to_owned()
                    }
                    _ => format!(
                        "the job is {}; only a FAILED, DEAD or CANCELLED job can be retried",
                        job.state
                    ),
                };
                Err(wrong_state(Reason::JobNotRetryable, text, &name, &job))
            }
            RetryOutcome::RevisionMismatch(job) => Err(changed(&name, &job)),
            RetryOutcome::ModelDeleted(job) => Err(refusal::model_deleted(&wire::show_model(
                &job.project,
                job.model.as_ref(),
            ))),
            RetryOutcome::QueueFull { max_queued } => Err(refusal::queue_full(max_queued)),
        }
    }

    pub(super) async fn update(&self, request: Request<v1::UpdateJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let job = request.job.unwrap_or_default();
        let name = name::read("job.name", &job.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let revision = etag::read(wire::ETAG, &job.etag);
        let change = job_change::read(job, request.update_mask.as_ref())?;
        let outcome = if change == JobChange::default() {
            let job = call.store.job(&name.project, name.job, JobView::Full).await;
            unchanged(job.map_err(missing(&name))?, revision)
        } else {
            let updated = call
                .store
                .update_job(&name.project, name.job, &change, revision)
                .await;
            updated.map_err(missing(&name))?
        };
        match outcome {
            JobUpdate::Done(job) => {
                if change.moves(&job) {
                    hint::send(&self.context, &job).await;
                }
                one_with_place(&call, job).await
            }
            JobUpdate::RevisionMismatch(job) => Err(changed(&name, &job)),
            JobUpdate::NotQueued(job) => {
                let text = format!(
                    "the job is {}; its priority can be changed only while it is QUEUED, its labels at any time",
                    job.state
                );
                Err(wrong_state(Reason::FailedPrecondition, text, &name, &job))
            }
        }
    }
}

/// Stops the jobs of a study at once; a worker would find them a little later.
async fn stop_children(call: &Call, job: &Job) {
    if job.kind != JobKind::Tune {
        return;
    }
    if let Err(error) = call.store.stop_children(CHILDREN).await {
        tracing::warn!(job.id = %job.id, %error, "the jobs of a study are stopped by a worker");
    }
}

/// A change of nothing; its etag is checked all the same.
fn unchanged(job: Job, revision: Option<i64>) -> JobUpdate {
    match revision {
        Some(revision) if revision != job.revision => JobUpdate::RevisionMismatch(job),
        _ => JobUpdate::Done(job),
    }
}

fn changed(name: &JobName, job: &Job) -> ApiError {
    etag::mismatch(name, &etag::show(wire::ETAG, job.revision))
}

fn wrong_state(reason: Reason, text: String, name: &JobName, job: &Job) -> ApiError {
    ApiError::new(reason, text)
        .with("name", name)
        .with("state", job.state)
}
