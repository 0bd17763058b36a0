//! How many calls a second: token buckets of everyone, of an address, of a key. All servers of a service share them in Redis; while
//! Redis is away each server counts by itself ([ADR 51]).
//!
//! [ADR 51]: ../../../docs/adr/0051-calls-are-counted-in-redis-and-here-without-it.md

mod local;

use crate::access::Port;
use crate::error::ApiError;
use local::Local;
use mltraining_domain::Reason;
use mltraining_runtime::config::RateConfig;
use mltraining_signal::{Rate, Short, Signal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// After Redis did not answer it is not asked for so long: a Redis that hangs must not slow every call down.
const AWAY: Duration = Duration::from_secs(1);

/// The buckets of one port. Clones share them.
#[derive(Clone)]
pub(crate) struct Buckets {
    port: &'static str,
    rates: RateConfig,
    signal: Signal,
    local: Local,
    /// Until when Redis is not asked.
    away_until: Arc<Mutex<Option<Instant>>>,
}

/// Whose calls a bucket counts.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Everyone,
    Address,
    Key,
}

/// One bucket that a call needs a token of.
struct Wanted {
    whose: Whose,
    name: String,
    rate: Rate,
}

impl Buckets {
    /// Of a port: those who run the service come through when those who use it have no tokens left.
    pub(crate) fn new(port: Port, rates: &RateConfig, signal: Signal) -> Self {
        Self {
            port: match port {
                Port::Public => "public",
                Port::Admin => "admin",
            },
            rates: rates.clone(),
            signal,
            local: Local::new(),
            away_until: Arc::default(),
        }
    }

    /// Counts a call of which only the address is known; `None` when not even that.
    ///
    /// # Errors
    /// RATE_LIMITED, and when a token will be there.
    pub(crate) async fn count_address(&self, address: Option<&str>) -> Result<(), ApiError> {
        let rates = &self.rates;
        let everyone = self.wanted(Whose::Everyone, "", (rates.total_per_second, rates.total_burst));
        let address = address.and_then(|address| {
            self.wanted(
                Whose::Address,
                address,
                (rates.address_per_second, rates.address_burst),
            )
        });
        self.count(everyone.into_iter().chain(address).collect()).await
    }

    /// Counts a call of a key, by its short part.
    ///
    /// # Errors
    /// RATE_LIMITED, and when a token will be there.
    pub(crate) async fn count_key(&self, key: &str) -> Result<(), ApiError> {
        let wanted = self.wanted(Whose::Key, key, (self.rates.key_per_second, self.rates.key_burst));
        self.count(wanted.into_iter().collect()).await
    }

    fn wanted(&self, whose: Whose, of: &str, (per_second, burst): (u32, u32)) -> Option<Wanted> {
        let kind = match whose {
            Whose::Everyone => "total",
            Whose::Address => "address",
            Whose::Key => "key",
        };
        (per_second > 0).then(|| Wanted {
            whose,
            name: format!("{}:{kind}:{of}", self.port),
            rate: Rate { per_second, burst },
        })
    }

    async fn count(&self, wanted: Vec<Wanted>) -> Result<(), ApiError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let buckets: Vec<(&str, Rate)> = wanted.iter().map(|one| (one.name.as_str(), one.rate)).collect();
        let taken = match self.shared(&buckets).await {
            Some(taken) => taken,
            None => self.local.take(&buckets).await,
        };
        taken.map_err(|short| refusal(&wanted[short.place], short))
    }

    /// What Redis says; `None` while it is away.
    async fn shared(&self, buckets: &[(&str, Rate)]) -> Option<Result<(), Short>> {
        let until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let answer = self.signal.take_tokens(buckets).await;
        let away = answer.is_err().then(|| Instant::now() + AWAY);
        let before = std::mem::replace(
            &mut *self.away_until.lock().unwrap_or_else(PoisonError::into_inner),
            away,
        );
        match (&answer, before) {
            (Err(error), None) => {
                tracing::warn!(%error, "calls are counted by this server alone until Redis answers");
            }
            (Ok(_), Some(_)) => tracing::info!("calls are counted in Redis again"),
            _ => {}
        }
        answer.ok()
    }
}

fn refusal(wanted: &Wanted, short: Short) -> ApiError {
    let Rate { per_second, burst } = wanted.rate;
    let (whose, quota) = match wanted.whose {
        Whose::Everyone => ("the service takes", "calls_of_everyone"),
        Whose::Address => ("your address may make", "calls_of_an_address"),
        Whose::Key => ("this caller may make", "calls_of_a_key"),
    };
    let message = format!(
        "{whose} {per_second} calls a second, and {burst} at once after a rest; try again in {:.3} s",
        short.wait.as_secs_f64()
    );
    ApiError::new(Reason::RateLimited, message)
        .with("quota", quota)
        .with("limit", per_second)
        .retry_after(short.wait)
}
