//! One watcher: the snapshot, what happened before, then what happens.

use super::Subscription;
use super::found::result;
use super::messages::Messages;
use crate::cache::Cache;
use crate::convert::event;
use crate::error::ApiError;
use chrono::Utc;
use mltraining_domain::JobState;
use mltraining_proto::v1;
use mltraining_store::Store;
use mltraining_store::jobs::{EventBody, Job, JobEvent};
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::time::Instant;
use v1::job_event::Event;

/// A stream that is silent for this long says that it lives.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that are read at once while catching up.
const CATCH_UP: i64 = 500;

/// Sends the events of one job to one client.
#[derive(Debug)]
pub(crate) struct Watcher {
    /// Postgres.
    pub(crate) store: Store,
    /// Who hears of a version here finds it in its model.
    pub(crate) cache: Cache,
    /// The last sequence that the client has.
    pub(crate) sent: i64,
    /// What happens from now on. It was made before the job was looked at.
    pub(crate) events: Subscription,
    /// The job as it was then.
    pub(crate) seen: Job,
    /// The time of silence after which the stream says that it lives, usually [`HEARTBEAT`].
    pub(crate) heartbeat: Duration,
    /// To the client.
    pub(crate) messages: Messages<v1::JobEvent>,
}

/// `Break` ends the stream: the job has ended, or nobody listens any more.
type Step = Result<ControlFlow<()>, ApiError>;

impl Watcher {
    /// Sends everything until the job has ended or the client has gone. `snapshot` is the job as it was seen, for the
    /// client.
    pub(crate) async fn run(mut self, snapshot: v1::Job) {
        self.events.looked_up_to(self.seen.event_seq);
        let client_gone = self.messages.clone();
        let watching = async {
            if let Err(error) = self.watch(snapshot).await {
                // The client comes back with the last sequence that it has.
                let _ = self.messages.send(Err(error.into())).await;
            }
        };
        tokio::select! {
            () = watching => {}
            () = client_gone.closed() => {}
        }
    }

    async fn watch(&mut self, snapshot: v1::Job) -> Result<(), ApiError> {
        let told = self.tell(Event::Snapshot(snapshot)).await;
        if told.is_break() || self.catch_up(self.seen.event_seq).await?.is_break() {
            return Ok(());
        }
        // Whoever comes back with the last sequence gets the snapshot alone.
        if self.seen.state.is_final() {
            return Ok(());
        }
        while self.step().await?.is_continue() {}
        Ok(())
    }

    /// Waits for the next event and sends it.
    async fn step(&mut self) -> Step {
        let silent = tokio::time::sleep_until(Instant::now() + self.heartbeat);
        let event = tokio::select! {
            event = self.events.next() => event,
            () = silent => return Ok(self.tell(Event::Heartbeat(v1::Heartbeat {})).await),
        };
        match event.seq - self.sent {
            ..=0 => Ok(ControlFlow::Continue(())),
            1 => self.send(&event).await,
            // The client reads too slowly to hear everything.
            2.. => self.catch_up(event.seq).await,
        }
    }

    /// Reads and sends events up to `seq`.
    async fn catch_up(&mut self, seq: i64) -> Step {
        while self.sent < seq {
            let events = self.store.events_after(self.seen.id, self.sent, CATCH_UP).await?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                if self.send(event).await?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Sends an event. The change to a final state is the last one, unless the job is known to have gone on.
    async fn send(&mut self, event: &JobEvent) -> Step {
        let state = match &event.body {
            EventBody::State(change) => Some(change.state),
            _ => None,
        };
        let result = match state {
            Some(JobState::Succeeded) => result(&self.store, &self.cache, &self.seen).await?,
            _ => None,
        };
        let sent = self.messages.send(Ok(event::show(event, result))).await;
        self.sent = event.seq;
        let has_ended = state.is_some_and(JobState::is_final) && event.seq >= self.seen.event_seq;
        let is_last = sent.is_err() || has_ended;
        Ok(if is_last {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    }

    /// Sends what is no event of the job; it repeats the last sequence.
    async fn tell(&mut self, what: Event) -> ControlFlow<()> {
        let sent = self
            .messages
            .send(Ok(event::message(self.sent, Utc::now(), what)))
            .await;
        if sent.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}
