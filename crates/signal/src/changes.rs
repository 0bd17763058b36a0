//! Listening for changes and for words of events.

use crate::Change;
use crate::backoff::Backoff;
use crate::counts::{Counters, count};
use futures::StreamExt;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Msg, RedisError, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

/// Longest time to connect and subscribe.
const CONNECT: Duration = Duration::from_secs(2);
/// Redis is asked this often whether it still speaks: a half-open socket never says so itself.
const PING: Duration = Duration::from_secs(2);
/// Messages that wait for their reader.
const QUEUED: usize = 256;

/// What a [`ChangeListener`] hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// This has changed.
    Changed(Change),
    /// This job has new events.
    Events(Uuid),
    /// Changes may have been missed: the listener has just subscribed, or could not read a message. Whatever is remembered
    /// of Postgres can no longer be trusted.
    Missed,
}

/// Where it is told: names of channels. Events have one of their own, since they are many, and a message among the changes that
/// cannot be read means that nothing remembered can be trusted.
#[derive(Debug)]
pub(crate) struct Channels {
    pub(crate) changes: String,
    pub(crate) events: String,
}

/// Hears every change and every word of events that any process tells, on a connection of its own. Dropping it ends its task.
#[derive(Debug)]
pub struct ChangeListener {
    heard: mpsc::Receiver<Heard>,
    connected: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl ChangeListener {
    pub(crate) fn start(client: Client, channels: Channels, counters: Arc<Counters>) -> Self {
        let (deliver, heard) = mpsc::channel(QUEUED);
        let (say, connected) = watch::channel(false);
        let listening = Listening {
            client,
            channels,
            counters,
            deliver,
            connected: say,
            backoff: Backoff::new(),
        };
        Self {
            heard,
            connected,
            task: tokio::spawn(listening.run()),
        }
    }

    /// What is heard next. Never errs: while Redis is away it waits, reconnects, and says [`Heard::Missed`] before anything
    /// else. Cancel safe.
    pub async fn next(&mut self) -> Heard {
        match self.heard.recv().await {
            Some(heard) => heard,
            None => std::future::pending().await, // the task has ended with its runtime
        }
    }

    /// Waits until the listener has subscribed: changes told from now on will be heard. For tests; give it a time limit.
    pub async fn ready(&mut self) {
        let _ = self.connected.wait_for(|connected| *connected).await;
    }
}

impl Drop for ChangeListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Nobody reads what is heard any more.
struct Unread;

/// The task's own.
struct Listening {
    client: Client,
    channels: Channels,
    counters: Arc<Counters>,
    deliver: mpsc::Sender<Heard>,
    connected: watch::Sender<bool>,
    backoff: Backoff,
}

impl Listening {
    async fn run(mut self) {
        loop {
            let reason = match self.subscribe().await {
                Ok((sink, stream)) => match self.follow(sink, stream).await {
                    Ok(reason) => reason,
                    Err(Unread) => return,
                },
                Err(reason) => reason,
            };
            let was = self.connected.send_replace(false);
            let channel = &*self.channels.changes;
            if was {
                tracing::warn!(
                    redis.channel = channel,
                    reason,
                    "Redis is away: changes and events elsewhere are seen late"
                );
            } else {
                tracing::debug!(redis.channel = channel, reason, "Redis is still away");
            }
            tokio::time::sleep(self.backoff.next()).await;
        }
    }

    async fn subscribe(&self) -> Result<(PubSubSink, PubSubStream), String> {
        let work = async {
            let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
            sink.subscribe(&[&self.channels.changes, &self.channels.events])
                .await?;
            Ok::<_, RedisError>((sink, stream))
        };
        let subscribed = timeout(CONNECT, work).await.map_err(|_| silent(CONNECT))?;
        subscribed.map_err(|error| error.to_string())
    }

    /// Hands on what comes until the connection is lost; says why it is.
    async fn follow(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) -> Result<String, Unread> {
        count(&self.counters.subscriptions);
        self.hand_on(Heard::Missed).await?;
        self.connected.send_replace(true);
        self.backoff.reset();
        tracing::info!(redis.channel = &*self.channels.changes, "listening for changes");
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(message) => if let Some(heard) = self.read(&message) { self.hand_on(heard).await? },
                    None => return Ok("the connection was closed".to_owned()),
                },
                _ = pings.tick() => match timeout(PING, sink.ping::<Value>()).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return Ok(error.to_string()),
                    Err(_) => return Ok(silent(PING)),
                },
            }
        }
    }

    /// What a message says; nothing when it is about events and cannot be read, as watchers look by themselves soon.
    fn read(&self, message: &Msg) -> Option<Heard> {
        let text: Result<String, _> = message.get_payload();
        let text = text.map_err(|error| error.to_string());
        let is_event = message.get_channel_name() == self.channels.events;
        let heard = if is_event {
            text.and_then(|text| Uuid::parse_str(&text).map_err(|error| error.to_string()))
                .map(Heard::Events)
        } else {
            text.and_then(|text| text.parse()).map(Heard::Changed)
        };
        match heard {
            Ok(heard) => {
                count(if is_event {
                    &self.counters.events_heard
                } else {
                    &self.counters.changes_heard
                });
                Some(heard)
            }
            Err(reason) => {
                count(&self.counters.malformed);
                tracing::warn!(
                    redis.channel = message.get_channel_name(),
                    reason,
                    "a message could not be read"
                );
                (!is_event).then_some(Heard::Missed)
            }
        }
    }

    async fn hand_on(&self, heard: Heard) -> Result<(), Unread> {
        self.deliver.send(heard).await.map_err(|_| Unread)
    }
}

fn silent(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs())
}
