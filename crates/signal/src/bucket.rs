//! Token buckets that all servers of a service share: a script, so that two servers never take the same token.

use crate::Signal;
use crate::error::SignalError;
use crate::send::unavailable;
use redis::Script;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::time::timeout;

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("bucket.lua")));

/// How a bucket fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a second, above 0.
    pub per_second: u32,
    /// Tokens of a full bucket, above 0. A bucket that nobody has used is full.
    pub burst: u32,
}

/// A bucket without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    /// Its place among those that were asked.
    pub place: usize,
    /// When it has a token again, if nobody else takes it.
    pub wait: Duration,
}

impl Signal {
    /// Takes one token from each bucket, by name, or from none when one is empty. By the clock of Redis.
    ///
    /// # Errors
    /// [`SignalError::Timeout`] or [`SignalError::Unavailable`], within the limit: then it is not known whether tokens were taken.
    pub async fn take_tokens(&self, buckets: &[(&str, Rate)]) -> Result<Result<(), Short>, SignalError> {
        let mut call = TAKE.prepare_invoke();
        for (name, rate) in buckets {
            // The braces keep all buckets of a service on one node of a cluster.
            call.key(format!("{{{}}}:bucket:{name}", self.stream()));
            call.arg(rate.per_second).arg(rate.burst);
        }
        let limit = self.limits().timeout;
        let asked = async {
            let mut connection = self.pool().get().await.map_err(unavailable)?;
            call.invoke_async(&mut connection).await.map_err(unavailable)
        };
        let asked = timeout(limit, asked).await;
        let (place, micros): (usize, u64) = asked.unwrap_or(Err(SignalError::Timeout(limit)))?;
        Ok(match place.checked_sub(1) {
            None => Ok(()),
            Some(place) => Err(Short {
                place,
                wait: Duration::from_micros(micros),
            }),
        })
    }
}
