//! JobService: shows, follows, changes, cancels and retries jobs. One file for each family of calls.

mod batch;
mod change;
mod logs;
mod queue;
mod read;
mod watch;

use super::call::Call;
use super::watch::{Feed, Hub, MessageStream};
use crate::context::Context;
use crate::convert::field::choice;
use crate::convert::job as wire;
use crate::error::ApiError;
use mltraining_domain::{JobId, JobState, Violations};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::jobs::{Attempt, Job, JobView};
use std::collections::HashMap;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::job_service_server::JobService;

/// Messages that wait for a slow client of a stream.
const QUEUED_MESSAGES: usize = 64;

/// The service.
#[derive(Clone)]
pub(super) struct JobApi {
    context: Arc<Context>,
    hub: Arc<Hub>,
    feed: Arc<Feed>,
}

#[tonic::async_trait]
impl JobService for JobApi {
    type WatchJobStream = MessageStream<v1::JobEvent>;
    type WatchJobsStream = MessageStream<v1::WatchJobsResponse>;
    type TailJobLogsStream = MessageStream<v1::TailJobLogsResponse>;

    async fn get_job(&self, request: Request<v1::GetJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn batch_get_jobs(
        &self,
        request: Request<v1::BatchGetJobsRequest>,
    ) -> Result<Response<v1::BatchGetJobsResponse>, Status> {
        Ok(Response::new(self.batch_get(request).await?))
    }

    async fn list_jobs(
        &self,
        request: Request<v1::ListJobsRequest>,
    ) -> Result<Response<v1::ListJobsResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn count_jobs(
        &self,
        request: Request<v1::CountJobsRequest>,
    ) -> Result<Response<v1::CountJobsResponse>, Status> {
        Ok(Response::new(self.count(request).await?))
    }

    async fn get_queue_stats(
        &self,
        request: Request<v1::GetQueueStatsRequest>,
    ) -> Result<Response<v1::QueueStats>, Status> {
        Ok(Response::new(self.queue_stats(request).await?))
    }

    async fn watch_job(
        &self,
        request: Request<v1::WatchJobRequest>,
    ) -> Result<Response<Self::WatchJobStream>, Status> {
        Ok(Response::new(self.watch(request).await?))
    }

    async fn watch_jobs(
        &self,
        request: Request<v1::WatchJobsRequest>,
    ) -> Result<Response<Self::WatchJobsStream>, Status> {
        Ok(Response::new(self.watch_all(request).await?))
    }

    async fn list_job_logs(
        &self,
        request: Request<v1::ListJobLogsRequest>,
    ) -> Result<Response<v1::ListJobLogsResponse>, Status> {
        Ok(Response::new(self.list_logs(request).await?))
    }

    async fn tail_job_logs(
        &self,
        request: Request<v1::TailJobLogsRequest>,
    ) -> Result<Response<Self::TailJobLogsStream>, Status> {
        Ok(Response::new(self.tail_logs(request).await?))
    }

    async fn wait_job(&self, request: Request<v1::WaitJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.wait(request).await?))
    }

    async fn cancel_job(&self, request: Request<v1::CancelJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.cancel(request).await?))
    }

    async fn batch_cancel_jobs(
        &self,
        request: Request<v1::BatchCancelJobsRequest>,
    ) -> Result<Response<v1::BatchCancelJobsResponse>, Status> {
        Ok(Response::new(self.batch_cancel(request).await?))
    }

    async fn retry_job(&self, request: Request<v1::RetryJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.retry(request).await?))
    }

    async fn update_job(&self, request: Request<v1::UpdateJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(Box::pin(self.update(request)).await?))
    }
}

impl JobApi {
    /// The service; watchers of jobs share the poller of `hub`, watchers of projects that of `feed`.
    pub(super) fn new(context: Arc<Context>, hub: Arc<Hub>, feed: Arc<Feed>) -> Self {
        Self { context, hub, feed }
    }
}

fn view(value: i32, default: JobView) -> Result<JobView, ApiError> {
    let mut found = Violations::new();
    let view = match choice(value, "JOB_VIEW_BASIC or JOB_VIEW_FULL", "view", &mut found) {
        v1::JobView::Unspecified => default,
        v1::JobView::Basic => JobView::Basic,
        v1::JobView::Full => JobView::Full,
    };
    Ok(found.into_result(view)?)
}

/// A job for the client; with its attempts when its spec was read.
async fn one(call: &Call, job: Job) -> Result<v1::Job, ApiError> {
    let mut jobs = many(call, vec![job]).await?;
    jobs.pop()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("one job became none")))
}

/// The same with its place in the queue while it waits.
async fn one_with_place(call: &Call, job: Job) -> Result<v1::Job, ApiError> {
    let ahead = match job.state {
        JobState::Queued => call.store.jobs_ahead(&job.project, job.id).await?,
        _ => None,
    };
    let shown = one(call, job).await?;
    Ok(v1::Job {
        jobs_ahead: ahead,
        ..shown
    })
}

async fn many(call: &Call, jobs: Vec<Job>) -> Result<Vec<v1::Job>, ApiError> {
    let full: Vec<JobId> = jobs
        .iter()
        .filter(|job| job.spec.is_some())
        .map(|job| job.id)
        .collect();
    let mut attempts = HashMap::<JobId, Vec<Attempt>>::new();
    if !full.is_empty() {
        for (job, attempt) in call.store.attempts(&full).await? {
            attempts.entry(job).or_default().push(attempt);
        }
    }
    for job in &jobs {
        call.cache.saw_job(job).await;
    }
    let shown = jobs
        .iter()
        .map(|job| wire::show(job, attempts.get(&job.id).map_or(&[], Vec::as_slice)));
    Ok(shown.collect::<Result<_, StoreError>>()?)
}
