//! The loop that asks what a process needs, and tells its health.

use crate::config::ReadinessConfig;
use crate::health::{Health, Readiness};
use futures::future::{BoxFuture, FutureExt, join_all};
use std::fmt::Display;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

type Ask = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What follows when a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Not ready.
    Required,
    /// One log line.
    Degrading,
}

struct Check {
    name: &'static str,
    weight: Weight,
    ask: Ask,
    /// The last failure that was told; None when the last answer was good.
    failure: Option<String>,
}

/// The checks of a process.
pub struct Checks {
    config: ReadinessConfig,
    checks: Vec<Check>,
}

impl Checks {
    /// No checks yet: ready after the first round.
    pub fn new(config: &ReadinessConfig) -> Self {
        Self {
            config: config.clone(),
            checks: Vec::new(),
        }
    }

    /// Adds a check without which the process is not ready. An error is told as the reason; so is a check that takes
    /// longer than `readiness.timeout`.
    #[must_use]
    pub fn require<F, E>(self, name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.add(name, Weight::Required, ask)
    }

    /// Adds a check whose failure is logged, and leaves the process ready.
    #[must_use]
    pub fn watch<F, E>(self, name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.add(name, Weight::Degrading, ask)
    }

    fn add<F, E>(
        mut self,
        name: &'static str,
        weight: Weight,
        ask: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let ask: Ask = Box::new(move || {
            let answer = ask();
            async move { answer.await.map_err(|error| error.to_string()) }.boxed()
        });
        self.checks.push(Check {
            name,
            weight,
            ask,
            failure: None,
        });
        self
    }

    /// Asks round after round and tells `health`, until `stop`; then tells it that the process drains.
    pub async fn run(mut self, health: Health, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                readiness = self.round() => health.set_ready(readiness).await,
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep(self.config.interval) => {}
            }
        }
        health.set_ready(Readiness::Draining).await;
    }

    /// Asks all checks at the same time.
    async fn round(&mut self) -> Readiness {
        let limit = self.config.timeout;
        let answers = join_all(self.checks.iter().map(|check| async move {
            match timeout(limit, (check.ask)()).await {
                Ok(answer) => answer.err(),
                Err(_) => Some(format!("no answer within {} ms", limit.as_millis())),
            }
        }))
        .await;
        let mut readiness = Readiness::Ready;
        for (check, failure) in self.checks.iter_mut().zip(answers) {
            if failure.is_some() && check.weight == Weight::Required {
                readiness = Readiness::NotReady;
            }
            check.note(failure);
        }
        readiness
    }
}

impl Check {
    /// Logs what changed since the last round.
    fn note(&mut self, failure: Option<String>) {
        match (&self.failure, &failure) {
            (None, None) => {}
            (Some(before), Some(now)) if before == now => {}
            (_, Some(now)) if self.weight == Weight::Required => {
                tracing::warn!(check = self.name, error = now, "not ready");
            }
            (_, Some(now)) => tracing::warn!(check = self.name, error = now, "degraded, still ready"),
            (Some(_), None) => tracing::info!(check = self.name, "answers again"),
        }
        self.failure = failure;
    }
}
