//! Work that every worker does now and then, without a leader.

use rand::RngExt;
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does `work` again and again, with pauses of `interval` give or take 20 %, until `stop`, which also cuts it short. The first
/// pause is any part of the interval: workers that start together part, and one that never lives for long has its turn too.
pub(crate) async fn repeat<F, Fut>(stop: &CancellationToken, interval: Duration, mut work: F)
where
    F: FnMut() -> Fut,
    Fut: Future<Output = ()>,
{
    let mut share = 0.0..1.0;
    let working = async {
        loop {
            let pause = interval.mul_f64(rand::rng().random_range(share.clone()));
            tokio::time::sleep(pause).await;
            work().await;
            share = 0.8..1.2;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = working => {}
    }
}
