//! One reader of a job's log: the snapshot, the lines that are there, then those that come.

use super::Subscription;
use super::found::result;
use super::messages::Messages;
use crate::cache::Cache;
use crate::convert::{event as wire, job_log, time};
use crate::error::ApiError;
use chrono::{DateTime, Utc};
use mltraining_domain::JobState;
use mltraining_proto::v1;
use mltraining_store::Store;
use mltraining_store::jobs::{EventBody, Job, JobEvent, LogFilter, LogLine, LogPage};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;
use v1::tail_job_logs_response::Event;

/// Lines that are read at once.
const CATCH_UP: i64 = 500;

/// Whether a stream goes on after the lines that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    /// No.
    No,
    /// Until the job has ended.
    ToTheEnd,
}

/// Sends the log lines of one job to one client.
#[derive(Debug)]
pub(crate) struct LogTail {
    /// Postgres.
    pub(crate) store: Store,
    /// Who hears of a version here finds it in its model.
    pub(crate) cache: Cache,
    /// Which lines.
    pub(crate) filter: LogFilter,
    /// Whether it goes on.
    pub(crate) follow: Follow,
    /// Up to this event the client has all lines.
    pub(crate) sent: i64,
    /// What happens from now on. It was made before the job was looked at.
    pub(crate) events: Subscription,
    /// The job as it was then.
    pub(crate) seen: Job,
    /// The time of silence after which the stream says that it lives.
    pub(crate) heartbeat: Duration,
    /// When something was last sent.
    pub(crate) told: Instant,
    /// To the client.
    pub(crate) messages: Messages<v1::TailJobLogsResponse>,
}

/// `Break` ends the stream: the job has ended, or nobody listens any more.
type Step = Result<ControlFlow<()>, ApiError>;

impl LogTail {
    /// Sends the lines until there are no more, or the client has gone. `snapshot` is the job as it was seen, for the client.
    pub(crate) async fn run(mut self, snapshot: v1::Job) {
        self.events.looked_up_to(self.seen.event_seq);
        let client_gone = self.messages.clone();
        let reading = async {
            if let Err(error) = self.read(snapshot).await {
                // The client comes back with the last sequence that it has.
                let _ = self.messages.send(Err(error.into())).await;
            }
        };
        tokio::select! {
            () = reading => {}
            () = client_gone.closed() => {}
        }
    }

    async fn read(&mut self, snapshot: v1::Job) -> Result<(), ApiError> {
        let end = self.end_of(&snapshot);
        let told = self.tell(Event::Snapshot(snapshot), Utc::now()).await;
        if told.is_break() || self.catch_up(self.seen.event_seq).await?.is_break() {
            return Ok(());
        }
        if self.follow == Follow::No {
            return Ok(());
        }
        if let Some(end) = end {
            let at = self.seen.finished_at.unwrap_or_else(Utc::now);
            // Nobody who listens no more is told that it ended.
            let _ = self.tell(Event::End(end), at).await;
            return Ok(());
        }
        while self.step().await?.is_continue() {}
        Ok(())
    }

    /// The end of a job that had ended when it was looked at.
    fn end_of(&self, snapshot: &v1::Job) -> Option<v1::JobStateChange> {
        self.seen.state.is_final().then(|| v1::JobStateChange {
            state: snapshot.state,
            display_state: snapshot.display_state,
            attempt: self.seen.epoch.0,
            error: snapshot.error.clone(),
            result: snapshot.result.clone(),
            run_time: None,
        })
    }

    /// Waits for the next event and sends it, if it is a line.
    async fn step(&mut self) -> Step {
        tokio::select! {
            event = self.events.next() => self.hear(&event).await,
            () = tokio::time::sleep_until(self.told + self.heartbeat) => {
                Ok(self.tell(Event::Heartbeat(v1::Heartbeat {}), Utc::now()).await)
            }
        }
    }

    async fn hear(&mut self, event: &JobEvent) -> Step {
        if event.seq <= self.sent {
            return Ok(ControlFlow::Continue(()));
        }
        // The client reads too slowly to hear everything.
        if event.seq > self.sent + 1 && self.catch_up(event.seq - 1).await?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.sent = event.seq;
        if let Some(line) = LogLine::of(event)
            && self.filter.passes(&line)
        {
            return Ok(self.tell(Event::Log(job_log::show(&line)), line.at).await);
        }
        match &event.body {
            EventBody::State(change) if change.state.is_final() => {
                let result = match change.state {
                    JobState::Succeeded => result(&self.store, &self.cache, &self.seen).await?,
                    _ => None,
                };
                let end = wire::show_change(event, change, result);
                // Nobody who listens no more is told that it ended.
                let _ = self.tell(Event::End(end), event.at).await;
                Ok(ControlFlow::Break(()))
            }
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// Reads and sends the lines up to the event `seq`.
    async fn catch_up(&mut self, seq: i64) -> Step {
        while self.sent < seq {
            let LogPage { lines, searched_to } = self
                .store
                .job_logs(self.seen.id, &self.filter, self.sent, CATCH_UP)
                .await?;
            let is_full = (lines.len() as i64) >= CATCH_UP;
            let newest = lines.last().map(|line| line.seq);
            for line in lines.iter().filter(|line| line.seq <= seq) {
                self.sent = line.seq;
                if self
                    .tell(Event::Log(job_log::show(line)), line.at)
                    .await
                    .is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
            // Up to where the log is known by now, whether or not a line there passed the filter.
            let known = match (is_full, searched_to) {
                (true, _) => newest.unwrap_or(seq),
                (false, Some(end)) => end,
                (false, None) => seq,
            };
            self.sent = self.sent.max(known.min(seq));
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn tell(&mut self, what: Event, at: DateTime<Utc>) -> ControlFlow<()> {
        let message = v1::TailJobLogsResponse {
            sequence: self.sent,
            time: Some(time::show_instant(at)),
            event: Some(what),
        };
        let sent = self.messages.send(Ok(message)).await;
        self.told = Instant::now();
        if sent.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}
