//! Following jobs: WatchJob, WatchJobs, WaitJob.

use super::logs::check_sequence;
use super::{JobApi, QUEUED_MESSAGES, one_with_place};
use crate::convert::{job_filter, name, time};
use crate::error::ApiError;
use crate::services::call::{Call, missing};
use crate::services::watch::{
    HEARTBEAT, MessageStream, ProjectWatcher, ResumeScope, Subscription, Watcher, channel,
};
use mltraining_domain::name::JobName;
use mltraining_domain::{Span, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::{EventBody, JobView};
use std::time::Duration;
use tonic::Request;
use tracing::Instrument;

const DEFAULT_WAIT: Span = Span::from_secs(20);
const LONGEST_WAIT: Span = Span::from_secs(30);
/// WaitJob answers this much before its call must end.
const WAIT_MARGIN: Duration = Duration::from_millis(500);

impl JobApi {
    pub(super) async fn watch(
        &self,
        request: Request<v1::WatchJobRequest>,
    ) -> Result<MessageStream<v1::JobEvent>, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let events = self.hub.subscribe(name.job);
        let seen = call.store.job(&name.project, name.job, JobView::Full).await;
        let seen = seen.map_err(missing(&name))?;
        check_sequence(request.after_sequence, &seen)?;
        let snapshot = one_with_place(&call, seen.clone()).await?;
        let (messages, stream) = channel(QUEUED_MESSAGES);
        let watcher = Watcher {
            store: self.context.store.clone(),
            cache: self.context.cache.clone(),
            sent: request.after_sequence,
            events,
            seen,
            heartbeat: HEARTBEAT,
            messages,
        };
        tokio::spawn(watcher.run(snapshot).in_current_span());
        Ok(stream)
    }

    pub(super) async fn watch_all(
        &self,
        request: Request<v1::WatchJobsRequest>,
    ) -> Result<MessageStream<v1::WatchJobsResponse>, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let filter = job_filter::read_stateless(&request.filter)?;
        let scope = ResumeScope::new(&call.project, &request.filter);
        let resumed = scope.read(&request.resume_token)?;
        call.require_project().await?;
        let (messages, stream) = channel(QUEUED_MESSAGES);
        let feed = self.feed.subscribe(&call.project);
        let watcher = ProjectWatcher::begin(&call, feed, filter, scope, resumed, messages).await?;
        tokio::spawn(watcher.run(HEARTBEAT).in_current_span());
        Ok(stream)
    }

    pub(super) async fn wait(&self, request: Request<v1::WaitJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let wait = wait_of(request.timeout)?.min(call.deadline.remaining().saturating_sub(WAIT_MARGIN));
        let mut events = self.hub.subscribe(name.job);
        let job = call.store.job(&name.project, name.job, JobView::Full).await;
        let job = job.map_err(missing(&name))?;
        if job.state.is_final() || wait.is_zero() {
            return one_with_place(&call, job).await;
        }
        events.looked_up_to(job.event_seq);
        tokio::select! {
            () = ended(&mut events, job.event_seq) => {}
            () = tokio::time::sleep(wait) => {}
            () = self.context.stop.cancelled() => {}
        }
        let job = call.store.job(&name.project, name.job, JobView::Full).await;
        one_with_place(&call, job.map_err(missing(&name))?).await
    }
}

/// Waits until an event after `seen` says that the job has ended: a job that was retried has ended before.
async fn ended(events: &mut Subscription, seen: i64) {
    loop {
        let event = events.next().await;
        if let EventBody::State(change) = &event.body
            && event.seq > seen
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
