//! Sending hints, changes and words of events.

use crate::changes::Channels;
use crate::counts::{Counters, Counts, count};
use crate::{Change, ChangeListener, Hint, HintListener, SignalError};
use deadpool_redis::{Manager, Pool};
use redis::{AsyncConnectionConfig, Client, RedisError};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::time::timeout;
use uuid::Uuid;

/// What a signal may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time that one hint, change or ping may take in all, connecting included.
    pub timeout: Duration,
    /// Length near which the stream is trimmed (`MAXLEN ~`), in entries.
    pub stream_max_entries: u64,
    /// Connections of the pool at most.
    pub max_connections: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_millis(200),
            stream_max_entries: 10_000,
            max_connections: 8,
        }
    }
}

/// Redis as the bearer of hints. Clones share pool and counters.
#[derive(Clone)]
pub struct Signal {
    pool: Pool,
    client: Client,
    stream: Arc<str>,
    limits: Limits,
    counters: Arc<Counters>,
}

impl Signal {
    /// Makes the pool; nothing is connected yet, so that a process starts while Redis is down.
    ///
    /// # Errors
    /// [`SignalError::Url`].
    pub fn connect(url: &SecretString, stream: &str, limits: Limits) -> Result<Self, SignalError> {
        let refused = |error: RedisError| SignalError::Url(error.to_string());
        let client = Client::open(url.expose_secret()).map_err(refused)?;
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limits.timeout))
            .set_response_timeout(Some(limits.timeout));
        let manager = Manager::new_with_config(url.expose_secret(), settings).map_err(refused)?;
        let pool = Pool::builder(manager)
            .max_size(limits.max_connections as usize)
            .build()
            .map_err(|error| SignalError::Url(error.to_string()))?;
        Ok(Self {
            pool,
            client,
            stream: stream.into(),
            limits,
            counters: Arc::default(),
        })
    }

    /// Tells that a job waits: XADD. To be called after the commit that made the job; its failure is counted here and
    /// costs only time, so callers log it and go on.
    ///
    /// # Errors
    /// [`SignalError::Timeout`] or [`SignalError::Unavailable`], within the limit.
    pub async fn hint(&self, hint: &Hint) -> Result<(), SignalError> {
        let mut add = redis::cmd("XADD");
        add.arg(&*self.stream)
            .arg("MAXLEN")
            .arg("~")
            .arg(self.limits.stream_max_entries)
            .arg("*");
        for (name, value) in hint.fields() {
            add.arg(name).arg(value);
        }
        self.ask_counted(&add, &self.counters.sent, &self.counters.failed)
            .await
    }

    /// Tells every [`ChangeListener`] that something has changed: PUBLISH. To be called after the commit of the change; its
    /// failure is counted here and costs only time, so callers log it and go on.
    ///
    /// # Errors
    /// [`SignalError::Timeout`] or [`SignalError::Unavailable`], within the limit.
    pub async fn tell(&self, change: &Change) -> Result<(), SignalError> {
        let publish = publish(&self.channels().changes, &change.to_string());
        let (told, untold) = (&self.counters.changes_told, &self.counters.changes_untold);
        self.ask_counted(&publish, told, untold).await
    }

    /// Tells every [`ChangeListener`] that a job has new events, so that who follows it looks now and not at his next poll:
    /// PUBLISH. To be called after their commit; its failure is counted here and costs only time.
    ///
    /// # Errors
    /// [`SignalError::Timeout`] or [`SignalError::Unavailable`], within the limit.
    pub async fn tell_events(&self, job: Uuid) -> Result<(), SignalError> {
        let publish = publish(&self.channels().events, &job.to_string());
        let (told, untold) = (&self.counters.events_told, &self.counters.events_untold);
        self.ask_counted(&publish, told, untold).await
    }

    /// The same in a task of its own: nobody waits for it, and its failure is logged.
    pub fn tell_events_beside(&self, job: Uuid) {
        let signal = self.clone();
        tokio::spawn(async move {
            if let Err(error) = signal.tell_events(job).await {
                tracing::debug!(job.id = %job, %error, "watchers see an event a little later");
            }
        });
    }

    /// Begins to listen for changes and events in a task of its own, which connects and reconnects by itself.
    pub fn listen_for_changes(&self) -> ChangeListener {
        ChangeListener::start(self.client.clone(), self.channels(), Arc::clone(&self.counters))
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Channels have one name space in all databases of a Redis; the stream's name tells services apart.
    fn channels(&self) -> Channels {
        Channels {
            changes: format!("{}:changes", self.stream),
            events: format!("{}:events", self.stream),
        }
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// [`SignalError::Timeout`] or [`SignalError::Unavailable`], within the limit.
    pub async fn ping(&self) -> Result<(), SignalError> {
        self.ask(&redis::cmd("PING")).await
    }

    /// Begins to listen in a task of its own, which connects and reconnects by itself.
    pub fn listen(&self) -> HintListener {
        HintListener::start(
            self.client.clone(),
            Arc::clone(&self.stream),
            Arc::clone(&self.counters),
        )
    }

    /// Hints and changes sent here and received by the listeners of this signal.
    pub fn counts(&self) -> Counts {
        self.counters.snapshot()
    }

    /// Asks once, within the limit, and counts how it ended.
    async fn ask_counted(
        &self,
        command: &redis::Cmd,
        done: &AtomicU64,
        failed: &AtomicU64,
    ) -> Result<(), SignalError> {
        let outcome = self.ask(command).await;
        count(if outcome.is_ok() { done } else { failed });
        outcome
    }

    /// Asks once, within the limit.
    async fn ask(&self, command: &redis::Cmd) -> Result<(), SignalError> {
        let limit = self.limits.timeout;
        timeout(limit, async {
            let mut connection = self.pool.get().await.map_err(unavailable)?;
            let _: redis::Value = command.query_async(&mut connection).await.map_err(unavailable)?;
            Ok(())
        })
        .await
        .unwrap_or(Err(SignalError::Timeout(limit)))
    }
}

fn publish(channel: &str, message: &str) -> redis::Cmd {
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(channel).arg(message);
    publish
}

pub(crate) fn unavailable(error: impl Display) -> SignalError {
    SignalError::Unavailable(error.to_string())
}
