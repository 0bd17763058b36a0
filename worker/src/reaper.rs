//! Takes jobs from workers that stopped renewing their leases. Every worker does it; there is no leader.

use crate::context::Context;
use crate::studies;
use mltraining_runtime::metrics::list;
use rand::RngExt;
use std::sync::Arc;

/// Leases taken back in one statement, at most; as many as expired in one look.
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
        while reap(&context).await {}
        studies::look(&context).await;
    }
}

/// Takes a batch of leases back. Returns whether there may be more.
async fn reap(context: &Context) -> bool {
    match context.store.reap(BATCH, context.config.worker.lease).await {
        Ok(reaped) => {
            list::LEASES_EXPIRED.add(reaped.len() as u64, &[]);
            for job in &reaped {
                tracing::warn!(
                    job.id = %job.lease.job, job.epoch = %job.lease.epoch, state = %job.state, reason = %job.reason,
                    "took a job from a worker that stopped renewing its lease"
                );
            }
            reaped.len() as i64 == BATCH
        }
        Err(error) => {
            tracing::warn!(%error, "expired leases cannot be looked for now");
            false
        }
    }
}
