//! Buckets of this server alone, for as long as Redis is away.

use mltraining_signal::{Rate, Short};
use moka::future::Cache;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Buckets that are remembered at once; of one that is forgotten it is only forgotten that it was not full.
const MOST: u64 = 100_000;
/// A bucket that nobody used for so long is forgotten.
const IDLE: Duration = Duration::from_secs(600);

/// Buckets by name.
#[derive(Clone)]
pub(super) struct Local(Cache<String, Arc<Mutex<Level>>>);

/// What is in a bucket.
struct Level {
    tokens: f64,
    at: Instant,
}

impl Local {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build())
    }

    /// As [`mltraining_signal::Signal::take_tokens`], for this server alone.
    pub(super) async fn take(&self, buckets: &[(&str, Rate)]) -> Result<(), Short> {
        let now = Instant::now();
        let mut levels = Vec::with_capacity(buckets.len());
        for (name, rate) in buckets {
            let full = || {
                Arc::new(Mutex::new(Level {
                    tokens: f64::from(rate.burst),
                    at: now,
                }))
            };
            levels.push(self.0.get_with_by_ref(*name, async { full() }).await);
        }
        // Callers name their buckets in one order, so that none waits in a circle.
        let mut held: Vec<_> = levels
            .iter()
            .map(|level| level.lock().unwrap_or_else(PoisonError::into_inner))
            .collect();
        for (place, (level, (_, rate))) in held.iter_mut().zip(buckets).enumerate() {
            level.fill(*rate, now);
            if level.tokens < 1.0 {
                let wait = Duration::from_secs_f64((1.0 - level.tokens) / f64::from(rate.per_second));
                return Err(Short { place, wait });
            }
        }
        for level in &mut held {
            level.tokens -= 1.0;
        }
        Ok(())
    }
}

impl Level {
    fn fill(&mut self, rate: Rate, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * f64::from(rate.per_second)).min(f64::from(rate.burst));
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 3,
    };

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_its_burst_and_then_as_much_as_flows_in() {
        let local = Local::new();
        for _ in 0..RATE.burst {
            assert_eq!(local.take(&[("a", RATE)]).await, Ok(()));
        }
        let short = local.take(&[("a", RATE)]).await.expect_err("it is empty");
        assert_eq!((short.place, short.wait), (0, Duration::from_millis(100)));
        assert_eq!(local.take(&[("b", RATE)]).await, Ok(()), "another has its own");
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(local.take(&[("a", RATE)]).await, Ok(()));
        assert!(local.take(&[("a", RATE)]).await.is_err());
        tokio::time::advance(Duration::from_secs(3600)).await;
        for _ in 0..RATE.burst {
            assert_eq!(local.take(&[("a", RATE)]).await, Ok(()));
        }
        assert!(
            local.take(&[("a", RATE)]).await.is_err(),
            "it holds no more than its burst"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn when_one_bucket_is_empty_the_others_lose_nothing() {
        let (local, roomy) = (Local::new(), Rate { burst: 5, ..RATE });
        for _ in 0..3 {
            assert_eq!(local.take(&[("all", roomy), ("a", RATE)]).await, Ok(()));
        }
        for _ in 0..9 {
            let short = local.take(&[("all", roomy), ("a", RATE)]).await;
            assert_eq!(short.expect_err("it is empty").place, 1);
        }
        for _ in 0..2 {
            assert_eq!(local.take(&[("all", roomy)]).await, Ok(()));
        }
    }
}
