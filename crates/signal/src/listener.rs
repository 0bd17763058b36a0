//! Listening for hints.

use crate::Hint;
use crate::backoff::Backoff;
use crate::counts::{Counters, count};
use crate::read::{ReadError, Reader};
use redis::Client;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Hands out hints one by one, each to one listener of all workers.
///
/// The blocking read runs in a task of its own on a connection of its own, so that dropping the future of
/// [`HintListener::next`] abandons no read. It reads only after it was asked, at most one hint ahead: a worker with full
/// hands takes no hints away from the others. Dropping the listener ends the task.
#[derive(Debug)]
pub struct HintListener {
    wanted: mpsc::Sender<()>,
    hints: mpsc::Receiver<Hint>,
    connected: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl HintListener {
    pub(crate) fn start(client: Client, stream: Arc<str>, counters: Arc<Counters>) -> Self {
        let (wanted, requests) = mpsc::channel(1);
        let (deliver, hints) = mpsc::channel(1);
        let (say, connected) = watch::channel(false);
        let listening = Listening {
            client,
            stream,
            counters,
            connected: say,
            backoff: Backoff::new(),
            reader: None,
        };
        let task = tokio::spawn(listening.run(requests, deliver));
        Self {
            wanted,
            hints,
            connected,
            task,
        }
    }

    /// The next hint. Never errs: while Redis is away it waits, reconnects and waits on. Cancel safe: a hint that comes
    /// after the future was dropped is given by the next call.
    pub async fn next(&mut self) -> Hint {
        // Full means: asked already, by a call whose future was dropped.
        let _ = self.wanted.try_send(());
        match self.hints.recv().await {
            Some(hint) => hint,
            None => std::future::pending().await, // the task has ended with its runtime
        }
    }

    /// Waits until the listener is connected and its group exists: hints sent from now on will come. For tests, and for
    /// whoever must have registered before looking at the queue; give it a time limit, Redis may be away.
    pub async fn ready(&mut self) {
        let _ = self.connected.wait_for(|connected| *connected).await;
    }
}

impl Drop for HintListener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task's own.
struct Listening {
    client: Client,
    stream: Arc<str>,
    counters: Arc<Counters>,
    connected: watch::Sender<bool>,
    backoff: Backoff,
    reader: Option<Reader>,
}

impl Listening {
    async fn run(mut self, mut requests: mpsc::Receiver<()>, deliver: mpsc::Sender<Hint>) {
        self.reconnect().await;
        while let Some(()) = requests.recv().await {
            let hint = self.hint().await;
            if deliver.send(hint).await.is_err() {
                return;
            }
        }
    }

    /// Reads until there is a hint.
    async fn hint(&mut self) -> Hint {
        loop {
            let Some(reader) = &mut self.reader else {
                self.reconnect().await;
                continue;
            };
            match reader.read().await {
                Ok(None) => {}
                Ok(Some(Ok(hint))) => {
                    self.heard(|counters| &counters.received);
                    return hint;
                }
                Ok(Some(Err(reason))) => {
                    self.heard(|counters| &counters.malformed);
                    tracing::warn!(
                        redis.stream = &*self.stream,
                        reason,
                        "a malformed hint was skipped"
                    );
                }
                Err(error) => self.lost(&error).await,
            }
        }
    }

    /// An entry came: Redis is well.
    fn heard(&mut self, counter: impl Fn(&Counters) -> &AtomicU64) {
        count(counter(&self.counters));
        self.backoff.reset();
    }

    /// Tells the loss in one line, and waits before the next attempt.
    async fn lost(&mut self, error: &ReadError) {
        self.reader = None;
        let was = self.connected.send_replace(false);
        match error {
            ReadError::NoGroup => {
                tracing::warn!(
                    redis.stream = &*self.stream,
                    "the stream or its group is gone, making it anew"
                );
            }
            ReadError::Away(error) if was => {
                tracing::warn!(
                    redis.stream = &*self.stream,
                    error,
                    "Redis is away: jobs are found by polling"
                );
            }
            ReadError::Away(error) => {
                tracing::debug!(redis.stream = &*self.stream, error, "Redis is still away");
            }
        }
        tokio::time::sleep(self.backoff.next()).await;
    }

    async fn reconnect(&mut self) {
        while self.reader.is_none() {
            match Reader::connect(&self.client, &self.stream).await {
                Ok(reader) => {
                    self.reader = Some(reader);
                    count(&self.counters.connections);
                    self.connected.send_replace(true);
                    tracing::info!(redis.stream = &*self.stream, "listening for hints");
                }
                Err(error) => self.lost(&error).await,
            }
        }
    }
}
