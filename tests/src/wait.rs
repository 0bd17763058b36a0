//! Waiting for a condition, with a deadline.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up; generous, because machines are shared.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `probe` gives a value.
pub async fn until<T, F, Fut>(what: &str, probe: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    until_within(PATIENCE, what, probe).await
}

/// Waits until `probe` gives a value, up to `patience`.
pub async fn until_within<T, F, Fut>(patience: Duration, what: &str, probe: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let found = value_within(patience, probe).await;
    found.unwrap_or_else(|| panic!("gave up waiting: {what}"))
}

/// Waits until `condition` holds; false when it did not within `patience`.
pub async fn holds<F, Fut>(patience: Duration, mut condition: F) -> bool
where
    F: FnMut() -> Fut,
    Fut: Future<Output = bool>,
{
    let probe = || {
        let answer = condition();
        async move { answer.await.then_some(()) }
    };
    value_within(patience, probe).await.is_some()
}

async fn value_within<T, F, Fut>(patience: Duration, mut probe: F) -> Option<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let start = Instant::now();
    let mut pause = Duration::from_millis(25);
    loop {
        if let Some(value) = probe().await {
            return Some(value);
        }
        if start.elapsed() >= patience {
            return None;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 5 / 4).min(Duration::from_millis(200)); // a probe may cost a process
    }
}
