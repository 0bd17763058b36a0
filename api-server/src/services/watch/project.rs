//! One watcher of a project: the snapshot, what happened since the token, then what happens.

use super::feed::{FeedSubscription, Lagged, Part};
use super::found::{Found, Reading, Wanted};
use super::messages::Messages;
use super::resume::{ResumeScope, check_age};
use crate::cache::Cache;
use crate::convert::{job as wire, time};
use crate::error::ApiError;
use crate::services::call::Call;
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::{JobId, ProjectId};
use mltraining_proto::v1;
use mltraining_store::Store;
use mltraining_store::jobs::{JobFilter, JobView, OpenJob, RecentJob};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use v1::watch_jobs_response::Event;

/// Most jobs of a snapshot.
const MAX_JOBS: usize = 10_000;
/// Jobs in one message of it.
const JOBS_AT_ONCE: usize = 100;
/// From so many jobs on, those that have long been silent are forgotten.
const REMEMBERED: usize = 20_000;

/// So much of a break is looked at in one statement.
const SLICE: TimeDelta = TimeDelta::minutes(5);

/// Sends the events of a project's jobs to one client.
#[derive(Debug)]
pub(crate) struct ProjectWatcher {
    store: Store,
    /// Who hears of a version here finds it in its model.
    cache: Cache,
    project: ProjectId,
    /// `None` when its terms contradict each other: no job passes.
    filter: Option<JobFilter>,
    scope: ResumeScope,
    feed: FeedSubscription,
    /// The jobs of the snapshot.
    open: Vec<OpenJob>,
    /// Where a stream without a token begins.
    began: Option<DateTime<Utc>>,
    /// The last sequence of each job that the client has, and when it got it.
    sent: HashMap<JobId, (i64, Instant)>,
    /// With so many of them it looks for those to forget.
    forget_at: usize,
    /// Up to when the client has everything; `None` before a first snapshot is whole.
    position: Option<DateTime<Utc>>,
    /// When something was last sent.
    told: Instant,
    /// To the client.
    messages: Messages<v1::WatchJobsResponse>,
}

/// `Break` ends the stream: nobody listens any more.
type Step = Result<ControlFlow<()>, ApiError>;

impl ProjectWatcher {
    /// Looks at the jobs that have not ended. `resumed`: up to when the client has everything from an earlier stream.
    ///
    /// # Errors
    /// INVALID_FIELD for more jobs than a snapshot holds, FAILED_PRECONDITION for a token that is too old.
    pub(crate) async fn begin(
        call: &Call,
        mut feed: FeedSubscription,
        filter: Option<JobFilter>,
        scope: ResumeScope,
        resumed: Option<DateTime<Utc>>,
        messages: Messages<v1::WatchJobsResponse>,
    ) -> Result<Self, ApiError> {
        call.deadline.bound(feed.begun()).await?;
        // Before the look: what is found after it waits to be heard, and is newer than a token of it.
        let began = feed.position();
        if let Some(at) = resumed {
            check_age(at, call.store.now().await?)?;
        }
        let open = match &filter {
            Some(filter) => {
                let limit = MAX_JOBS as i64 + 1;
                call.store.open_jobs(&call.project, filter, limit).await?
            }
            None => Vec::new(),
        };
        if open.len() > MAX_JOBS {
            let text = format!(
                "more than {MAX_JOBS} jobs pass that have not ended; narrow it, for example by model"
            );
            return Err(ApiError::invalid("filter", text));
        }
        Ok(Self {
            store: feed.store(),
            cache: feed.cache(),
            project: call.project.clone(),
            filter,
            scope,
            feed,
            open,
            began,
            sent: HashMap::new(),
            forget_at: REMEMBERED,
            position: resumed,
            told: Instant::now(),
            messages,
        })
    }

    /// Sends everything until the client has gone. A stream that is silent for `heartbeat` says that it lives.
    pub(crate) async fn run(mut self, heartbeat: Duration) {
        let client_gone = self.messages.clone();
        let watching = async {
            if let Err(error) = self.watch(heartbeat).await {
                // The client comes back with the last token that it has.
                let _ = self.messages.send(Err(error.into())).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = client_gone.closed() => {}
        }
    }

    async fn watch(&mut self, heartbeat: Duration) -> Result<(), ApiError> {
        let resumed = self.position;
        if self.snapshot().await?.is_break() {
            return Ok(());
        }
        if let Some(since) = resumed
            && self.catch_up(since).await?.is_break()
        {
            return Ok(());
        }
        while self.step(heartbeat).await?.is_continue() {}
        Ok(())
    }

    /// Sends the jobs that had not ended. With the last part a stream without a token gets its first.
    async fn snapshot(&mut self) -> Step {
        let open = std::mem::take(&mut self.open);
        let parts: Vec<&[OpenJob]> = match open.as_slice() {
            [] => vec![&[]],
            jobs => jobs.chunks(JOBS_AT_ONCE).collect(),
        };
        let last = parts.len() - 1;
        for (place, part) in parts.into_iter().enumerate() {
            let ids: Vec<JobId> = part.iter().map(|job| job.id).collect();
            let mut jobs = Vec::with_capacity(ids.len());
            for job in self
                .store
                .batch_get_jobs(&self.project, &ids, JobView::Basic)
                .await?
            {
                self.cache.saw_job(&job).await;
                // Who resumes has seen less than this snapshot shows: what lies between is sent after it.
                if self.position.is_none() {
                    self.sent.insert(job.id, (job.event_seq, Instant::now()));
                }
                jobs.push(v1::WatchedJob {
                    job: Some(wire::show(&job, &[])?),
                    sequence: job.event_seq,
                });
            }
            let complete = place == last;
            if complete {
                self.position = self.position.or(self.began);
            }
            let snapshot = Event::Snapshot(v1::JobsSnapshot { jobs, complete });
            if self.tell(snapshot, Utc::now()).await.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Waits for the next events and sends those that pass.
    async fn step(&mut self, heartbeat: Duration) -> Step {
        let part = tokio::select! {
            part = self.feed.next() => part,
            () = tokio::time::sleep_until(self.told + heartbeat) => return self.heartbeat().await,
        };
        self.hear(part).await
    }

    /// Says that the stream lives, with a token that is as new as it can be.
    async fn heartbeat(&mut self) -> Step {
        // What was sent before the position was set waits to be heard.
        let position = self.feed.position();
        while let Some(part) = self.feed.waiting() {
            if self.hear(part).await?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.position = self.position.max(position);
        Ok(self.tell(Event::Heartbeat(v1::Heartbeat {}), Utc::now()).await)
    }

    async fn hear(&mut self, part: Result<Arc<Part>, Lagged>) -> Step {
        let part = match (part, self.position) {
            (Ok(part), _) => part,
            // The client reads too slowly to hear everything.
            (Err(Lagged), Some(position)) => return self.catch_up(position).await,
            (Err(Lagged), None) => return Ok(ControlFlow::Continue(())),
        };
        self.position = self.position.max(Some(part.before));
        for event in &part.events {
            if self.send(event).await.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Looks for itself for everything after `since`, and for what was committed late before it.
    async fn catch_up(&mut self, since: DateTime<Utc>) -> Step {
        let now = self.store.now().await?;
        let window = TimeDelta::from_std(self.feed.window()).unwrap_or(TimeDelta::MAX);
        let mut start = since - window;
        while now - start > SLICE {
            let slice = start..start + SLICE;
            start = slice.end;
            let projects = std::slice::from_ref(&self.project);
            let found = self.store.jobs_with_events_in(projects, slice, window).await?;
            if self.send_missed(found).await?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            // What is committed late in the slice is found from here on: whoever resumes goes back by the window.
            self.position = self.position.max(Some(start));
        }
        let found = self
            .store
            .jobs_with_events(std::slice::from_ref(&self.project), start)
            .await?;
        let sent = self.send_missed(found).await?;
        self.position = self.position.max(Some(now));
        Ok(sent)
    }

    /// Reads and sends what the client misses of these jobs.
    async fn send_missed(&mut self, jobs: Vec<RecentJob>) -> Step {
        let mut wanted = Vec::new();
        for job in jobs {
            let passes = self
                .filter
                .as_ref()
                .is_some_and(|filter| filter.passes(&job.facts));
            let after = self.sent.get(&job.id).map_or(job.first_seq - 1, |(seq, _)| *seq);
            if passes && after < job.last_seq {
                wanted.push(Wanted { job, after });
            }
        }
        let mut reading = Reading::of(wanted);
        while let Some(found) = reading.next(&self.store, &self.cache).await? {
            for event in &found {
                if self.send(event).await.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Sends an event, unless it does not pass or the client has it.
    async fn send(&mut self, event: &Found) -> ControlFlow<()> {
        let passes = self
            .filter
            .as_ref()
            .is_some_and(|filter| filter.passes(&event.facts));
        let before = self.sent.get(&event.job).map_or(0, |(seq, _)| *seq);
        if !passes || event.seq <= before {
            return ControlFlow::Continue(());
        }
        self.sent.insert(event.job, (event.seq, Instant::now()));
        self.forget();
        let at = event.message.event.as_ref().and_then(|event| event.time);
        let message = v1::WatchJobsResponse {
            resume_token: self.token(),
            time: at,
            event: Some(Event::JobEvent(event.message.clone())),
        };
        self.give(message).await
    }

    /// Keeps the memory of a long stream small: what lies behind the window cannot come again.
    fn forget(&mut self) {
        if self.sent.len() > self.forget_at {
            let oldest = Instant::now().checked_sub(self.feed.window() * 3);
            self.sent
                .retain(|_, (_, at)| oldest.is_none_or(|oldest| *at >= oldest));
            // Where none could go, each further one would look at all of them again.
            self.forget_at = REMEMBERED.max(2 * self.sent.len());
        }
    }

    async fn tell(&mut self, event: Event, at: DateTime<Utc>) -> ControlFlow<()> {
        let message = v1::WatchJobsResponse {
            resume_token: self.token(),
            time: Some(time::show_instant(at)),
            event: Some(event),
        };
        self.give(message).await
    }

    async fn give(&mut self, message: v1::WatchJobsResponse) -> ControlFlow<()> {
        let sent = self.messages.send(Ok(message)).await;
        self.told = Instant::now();
        if sent.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn token(&self) -> String {
        self.position.map_or_else(String::new, |at| self.scope.token(at))
    }
}
