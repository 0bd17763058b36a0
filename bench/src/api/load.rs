//! An open load: calls begin when their time has come, whether or not those before have ended. What a call waits counts from that time,
//! so that a slow server cannot slow down the questions.

use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What a load has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Milliseconds of each call that was answered, from the time at which it should have begun.
    pub(super) took: Vec<f64>,
    /// What went wrong.
    pub(super) errors: Vec<String>,
}

impl Seen {
    /// Both together.
    pub(super) fn extend(&mut self, other: Self) {
        self.took.extend(other.took);
        self.errors.extend(other.errors);
    }
}

/// Makes `rate` calls a second; `call` gets the number of each.
pub(super) async fn run<F>(rate: f64, lasting: Duration, call: impl Fn(u64) -> F) -> Seen
where
    F: Future<Output = Result<(), tonic::Status>> + Send + 'static,
{
    let (start, mut calls, mut seen) = (Instant::now(), JoinSet::new(), Seen::default());
    for number in 0.. {
        let due = start + Duration::from_secs_f64(number as f64 / rate);
        if due >= start + lasting {
            break;
        }
        tokio::time::sleep_until(due.into()).await;
        let work = call(number);
        calls.spawn(async move {
            let answer = work.await;
            (due.elapsed().as_secs_f64() * 1e3, answer)
        });
        while let Some(done) = calls.try_join_next() {
            take(&mut seen, done);
        }
    }
    while let Some(done) = calls.join_next().await {
        take(&mut seen, done);
    }
    seen
}

type Done = Result<(f64, Result<(), tonic::Status>), tokio::task::JoinError>;

fn take(seen: &mut Seen, done: Done) {
    match done {
        Ok((took, Ok(()))) => seen.took.push(took),
        Ok((_, Err(status))) => seen.errors.push(status.to_string()),
        Err(broken) => seen.errors.push(broken.to_string()),
    }
}
