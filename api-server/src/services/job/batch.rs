//! Cancelling many jobs: BatchCancelJobs.

use super::JobApi;
use super::change::MAX_CANCEL_REASON;
use super::read::{full_name, named};
use crate::convert::field::check_text;
use crate::convert::{job_filter, name};
use crate::error::ApiError;
use crate::services::call::Call;
use mltraining_domain::{JobId, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::{Cancelled, Job, JobFilter, JobView};
use std::collections::HashMap;
use tonic::Request;

/// Most jobs that one call cancels.
const MAX_JOBS: usize = 10_000;
/// Names in the answer.
const SHOWN_NAMES: usize = 100;

/// Jobs that a request means, each with what a cancel would do to it as it was seen.
type Meant = Vec<(JobId, Cancelled)>;

impl JobApi {
    pub(super) async fn batch_cancel(
        &self,
        request: Request<v1::BatchCancelJobsRequest>,
    ) -> Result<v1::BatchCancelJobsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        check_text(&request.reason, MAX_CANCEL_REASON, "reason", &mut found);
        found.require(
            !request.filter.is_empty() || !request.names.is_empty(),
            "filter",
            || {
                "required unless names are given; `state != DEAD` means every job that has not ended"
                    .to_owned()
            },
        );
        found.into_result(())?;
        let filter = job_filter::read(&request.filter)?;
        let meant = if request.names.is_empty() {
            by_filter(&call, filter.as_ref()).await?
        } else {
            by_name(&call, &request.names, filter.as_ref()).await?
        };
        if request.validate_only {
            return Ok(show(&call, &meant));
        }
        let done = cancel(&call, meant, &request.reason).await?;
        let answer = show(&call, &done);
        tracing::info!(
            caller.key = call.caller.key,
            jobs.cancelled = answer.cancelled_count,
            jobs.cancelling = answer.cancelling_count,
            "jobs were cancelled"
        );
        Ok(answer)
    }
}

async fn by_filter(call: &Call, filter: Option<&JobFilter>) -> Result<Meant, ApiError> {
    let open = match filter {
        Some(filter) => {
            let limit = MAX_JOBS as i64 + 1;
            call.store.open_jobs(&call.project, filter, limit).await?
        }
        None => Vec::new(),
    };
    if open.is_empty() {
        call.require_project().await?;
    }
    if open.len() > MAX_JOBS {
        let text = format!(
            "more than {MAX_JOBS} jobs that have not ended pass; narrow it, for example by create_time"
        );
        return Err(ApiError::invalid("filter", text));
    }
    Ok(open
        .into_iter()
        .map(|job| (job.id, Cancelled::of(job.state)))
        .collect())
}

async fn by_name(call: &Call, names: &[String], filter: Option<&JobFilter>) -> Result<Meant, ApiError> {
    let jobs = named(call, names, JobView::Basic).await?;
    let Some(filter) = filter else {
        return Ok(Vec::new());
    };
    let passing = jobs.iter().filter(|job| filter.selects(job));
    Ok(passing.map(|job| (job.id, as_seen(job))).collect())
}

fn as_seen(job: &Job) -> Cancelled {
    if job.state.is_final() {
        Cancelled::AlreadyFinal
    } else {
        Cancelled::of(job.state)
    }
}

/// Cancels what has not ended, and tells it in the same order. What had ended when it was seen stays as it was seen.
async fn cancel(call: &Call, meant: Meant, reason: &str) -> Result<Meant, ApiError> {
    let open = meant.iter().filter(|(_, seen)| *seen != Cancelled::AlreadyFinal);
    let ids: Vec<JobId> = open.map(|(id, _)| *id).collect();
    let by = &call.caller.key;
    let done = call.store.cancel_jobs(&call.project, &ids, by, reason).await?;
    let done: HashMap<JobId, Cancelled> = done.into_iter().collect();
    let outcome = |(id, seen): (JobId, Cancelled)| match seen {
        Cancelled::AlreadyFinal => Some((id, seen)),
        // One that is not there any more was removed meanwhile.
        _ => done.get(&id).map(|is| (id, *is)),
    };
    Ok(meant.into_iter().filter_map(outcome).collect())
}

fn show(call: &Call, jobs: &[(JobId, Cancelled)]) -> v1::BatchCancelJobsResponse {
    let count = |wanted: Cancelled| {
        let count = jobs.iter().filter(|(_, is)| *is == wanted).count();
        i32::try_from(count).expect("a call cancels at most 10,000 jobs")
    };
    let hit = jobs.iter().filter(|(_, is)| *is != Cancelled::AlreadyFinal);
    v1::BatchCancelJobsResponse {
        cancelled_count: count(Cancelled::AtOnce),
        cancelling_count: count(Cancelled::Asked),
        already_final_count: count(Cancelled::AlreadyFinal),
        names: hit
            .take(SHOWN_NAMES)
            .map(|(id, _)| full_name(&call.project, *id))
            .collect(),
    }
}
