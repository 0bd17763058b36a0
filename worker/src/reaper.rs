//! Takes jobs from workers that stopped renewing their leases. Every worker does it; there is no leader.

use crate::context::Context;
use rand::RngExt;
use std::sync::Arc;

/// Leases taken back at once, at most.
const BATCH: i64 = 100;

/// Reaps now and then, until the worker stops.
pub(crate) async fn run(context: Arc<Context>) {
    let config = &context.config.worker;
    loop {
        let pause = config.reap_interval.mul_f64(rand::rng().random_range(0.8..1.2));
        tokio::select! {
            () = context.stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        match context.store.reap(BATCH, config.lease).await {
            Ok(reaped) => {
                for job in reaped {
                    tracing::warn!(
                        job.id = %job.lease.job, job.epoch = %job.lease.epoch, state = %job.state, reason = %job.reason,
                        "took a job from a worker that stopped renewing its lease"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "expired leases cannot be looked for now"),
        }
    }
}
