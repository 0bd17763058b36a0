//! What jobs say: ListJobLogs, TailJobLogs.

use super::{JobApi, QUEUED_MESSAGES, many};
use crate::convert::page::Page;
use crate::convert::{job_log, name};
use crate::error::ApiError;
use crate::services::call::{Call, missing};
use crate::services::watch::{Follow, HEARTBEAT, LogTail, MessageStream, channel};
use mltraining_domain::name::JobName;
use mltraining_proto::v1;
use mltraining_store::jobs::{Job, JobView, LogPage};
use tokio::time::Instant;
use tonic::Request;
use tracing::Instrument;

impl JobApi {
    pub(super) async fn list_logs(
        &self,
        request: Request<v1::ListJobLogsRequest>,
    ) -> Result<v1::ListJobLogsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("parent", &request.parent, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let filter = job_log::read(request.attempt, request.min_severity, request.since)?;
        let scope = ["ListJobLogs", &name.to_string(), &format!("{filter:?}")];
        let page = Page::<i64>::read(request.page_size, &request.page_token, &scope)?;
        let after = page.after.unwrap_or(0);
        let LogPage {
            mut lines,
            searched_to,
        } = call
            .store
            .job_logs(name.job, &filter, after, page.limit())
            .await?;
        // The log of a foreign job is not there either.
        let job = call.store.job(&name.project, name.job, JobView::Basic).await;
        job.map_err(missing(&name))?;
        let cut_at = job_log::fit(&mut lines, self.context.config.server.max_response_bytes);
        let next_page_token = page.cut_searched(&mut lines, |line| line.seq, cut_at.or(searched_to));
        Ok(v1::ListJobLogsResponse {
            entries: lines.iter().map(job_log::show_entry).collect(),
            next_page_token,
        })
    }

    pub(super) async fn tail_logs(
        &self,
        request: Request<v1::TailJobLogsRequest>,
    ) -> Result<MessageStream<v1::TailJobLogsResponse>, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let filter = job_log::read(request.attempt, request.min_severity, request.since)?;
        let events = self.hub.subscribe(name.job);
        let seen = call.store.job(&name.project, name.job, JobView::Basic).await;
        let seen = seen.map_err(missing(&name))?;
        check_sequence(request.after_sequence, &seen)?;
        let snapshot = many(&call, vec![seen.clone()]).await?.remove(0);
        let (messages, stream) = channel(QUEUED_MESSAGES);
        let tail = LogTail {
            store: self.context.store.clone(),
            cache: self.context.cache.clone(),
            filter,
            follow: if request.follow {
                Follow::ToTheEnd
            } else {
                Follow::No
            },
            sent: request.after_sequence,
            events,
            seen,
            heartbeat: HEARTBEAT,
            told: Instant::now(),
            messages,
        };
        tokio::spawn(tail.run(snapshot).in_current_span());
        Ok(stream)
    }
}

/// Refuses a sequence from which no stream of this job can go on.
pub(super) fn check_sequence(after: i64, seen: &Job) -> Result<(), ApiError> {
    if (0..=seen.event_seq).contains(&after) {
        return Ok(());
    }
    let text = format!("{after} is none of 0 to {}, the job's last event", seen.event_seq);
    Err(ApiError::invalid("after_sequence", text))
}
