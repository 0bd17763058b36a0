//! JobService: shows, follows and cancels jobs.

use super::call::{Call, missing, missing_of_batch};
use super::watch::{HEARTBEAT, Hub, Subscription, Watcher};
use crate::context::Context;
use crate::convert::field::{check_text, choice};
use crate::convert::page::Page;
use crate::convert::{etag, job as wire, job_filter, name, time};
use crate::error::ApiError;
use mltraining_domain::name::JobName;
use mltraining_domain::{JobId, Reason, Span, Violations};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::jobs::{Attempt, CancelOutcome, EventBody, Job, JobCursor, JobView};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tracing::Instrument;
use v1::job_service_server::JobService;

/// Messages that wait for a slow client of WatchJob.
const QUEUED_MESSAGES: usize = 64;
const DEFAULT_WAIT: Span = Span::from_secs(20);
const LONGEST_WAIT: Span = Span::from_secs(30);
/// WaitJob answers this much before its call must end.
const WAIT_MARGIN: Duration = Duration::from_millis(500);

/// The service.
#[derive(Clone)]
pub(super) struct JobApi {
    context: Arc<Context>,
    hub: Arc<Hub>,
}

#[tonic::async_trait]
impl JobService for JobApi {
    type WatchJobStream = ReceiverStream<Result<v1::JobEvent, Status>>;

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

    async fn watch_job(
        &self,
        request: Request<v1::WatchJobRequest>,
    ) -> Result<Response<Self::WatchJobStream>, Status> {
        Ok(Response::new(self.watch(request).await?))
    }

    async fn wait_job(&self, request: Request<v1::WaitJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.wait(request).await?))
    }

    async fn cancel_job(&self, request: Request<v1::CancelJobRequest>) -> Result<Response<v1::Job>, Status> {
        Ok(Response::new(self.cancel(request).await?))
    }
}

impl JobApi {
    /// The service; its watchers share the poller of `hub`.
    pub(super) fn new(context: Arc<Context>, hub: Arc<Hub>) -> Self {
        Self { context, hub }
    }

    async fn get(&self, request: Request<v1::GetJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let view = view(request.view, JobView::Full)?;
        let job = call.store.job(&name.project, name.job, view).await;
        one(&call, job.map_err(missing(&name))?).await
    }

    async fn batch_get(
        &self,
        request: Request<v1::BatchGetJobsRequest>,
    ) -> Result<v1::BatchGetJobsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let view = view(request.view, JobView::Basic)?;
        let parse = |text: &str| JobName::parse(text).map(|name| (name.project, name.job));
        let ids = name::batch(&request.names, &call.project, parse)?;
        let jobs = call.store.batch_get_jobs(&call.project, &ids, view).await?;
        if jobs.len() < ids.len() {
            let there: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
            let absent = ids.into_iter().filter(|id| !there.contains(id));
            let project = &call.project;
            return Err(missing_of_batch(absent.map(|job| {
                let project = project.clone();
                JobName { project, job }.to_string()
            })));
        }
        let jobs = many(&call, jobs).await?;
        Ok(v1::BatchGetJobsResponse { jobs })
    }

    async fn list(&self, request: Request<v1::ListJobsRequest>) -> Result<v1::ListJobsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let view = view(request.view, JobView::Basic)?;
        let scope = ["ListJobs", &call.project.to_string(), &request.filter];
        let page = Page::<JobCursor>::read(request.page_size, &request.page_token, &scope)?;
        let mut jobs = match job_filter::read(&request.filter)? {
            Some(filter) => {
                call.store
                    .list_jobs(&call.project, &filter, page.after, page.limit(), view)
                    .await?
            }
            None => Vec::new(),
        };
        if jobs.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut jobs, Job::cursor);
        let jobs = many(&call, jobs).await?;
        Ok(v1::ListJobsResponse {
            jobs,
            next_page_token,
        })
    }

    async fn watch(
        &self,
        request: Request<v1::WatchJobRequest>,
    ) -> Result<ReceiverStream<Result<v1::JobEvent, Status>>, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let events = self.hub.subscribe(name.job);
        let seen = call.store.job(&name.project, name.job, JobView::Full).await;
        let seen = seen.map_err(missing(&name))?;
        if !(0..=seen.event_seq).contains(&request.after_sequence) {
            let text = format!(
                "{} is none of 0 to {}, the job's last event",
                request.after_sequence, seen.event_seq
            );
            return Err(ApiError::invalid("after_sequence", text));
        }
        let snapshot = one(&call, seen.clone()).await?;
        let (messages, stream) = mpsc::channel(QUEUED_MESSAGES);
        let watcher = Watcher {
            store: self.context.store.clone(),
            sent: request.after_sequence,
            events,
            seen,
            heartbeat: HEARTBEAT,
            messages,
        };
        tokio::spawn(watcher.run(snapshot).in_current_span());
        Ok(ReceiverStream::new(stream))
    }

    async fn wait(&self, request: Request<v1::WaitJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let wait = wait_of(request.timeout)?.min(call.deadline.remaining().saturating_sub(WAIT_MARGIN));
        let mut events = self.hub.subscribe(name.job);
        let job = call.store.job(&name.project, name.job, JobView::Full).await;
        let job = job.map_err(missing(&name))?;
        if job.state.is_final() || wait.is_zero() {
            return one(&call, job).await;
        }
        events.looked_up_to(job.event_seq);
        tokio::select! {
            () = ended(&mut events) => {}
            () = tokio::time::sleep(wait) => {}
            () = self.context.stop.cancelled() => {}
        }
        let job = call.store.job(&name.project, name.job, JobView::Full).await;
        one(&call, job.map_err(missing(&name))?).await
    }

    async fn cancel(&self, request: Request<v1::CancelJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let mut found = Violations::new();
        check_text(&request.reason, 512, "reason", &mut found);
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
                one(&call, job).await
            }
            CancelOutcome::AlreadyFinal(job) => {
                let state = job.state;
                let text = format!("the job is {state}; only a QUEUED or RUNNING job can be cancelled");
                Err(ApiError::new(Reason::JobNotCancellable, text)
                    .with("name", &name)
                    .with("state", state))
            }
            CancelOutcome::RevisionMismatch(job) => {
                Err(etag::mismatch(&name, &etag::show(wire::ETAG, job.revision)))
            }
        }
    }
}

/// Waits until an event says that the job has ended.
async fn ended(events: &mut Subscription) {
    loop {
        if let EventBody::State(change) = &events.next().await.body
            && change.state.is_final()
        {
            return;
        }
    }
}

fn wait_of(timeout: Option<prost_types::Duration>) -> Result<Duration, ApiError> {
    let mut found = Violations::new();
    let wait = time::read_span(timeout, "timeout", &mut found).unwrap_or(DEFAULT_WAIT);
    found.require(wait <= LONGEST_WAIT, "timeout", || {
        format!("{wait} is too long; wait at most {LONGEST_WAIT}, or use WatchJob")
    });
    Ok(found.into_result(wait.into())?)
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
    let shown = jobs
        .iter()
        .map(|job| wire::show(job, attempts.get(&job.id).map_or(&[], Vec::as_slice)));
    Ok(shown.collect::<Result<_, StoreError>>()?)
}
