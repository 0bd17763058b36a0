//! What other processes tell over Redis: changes, which make this server forget what it remembers, and jobs with new events,
//! whose watchers look now. What is not heard is found late: by age and by poll.

use crate::cache::Counts;
use crate::context::Context;
use crate::services::Hub;
use mltraining_domain::JobId;
use mltraining_signal::{ChangeListener, Heard};
use std::sync::Arc;

/// Listens until the server stops.
pub(crate) async fn run(context: Arc<Context>, hub: Arc<Hub>) {
    let mut listener = context.signal.listen_for_changes();
    tokio::select! {
        () = listen(&mut listener, &context, &hub) => {}
        () = context.stop.cancelled() => {}
    }
    let Counts {
        hits,
        misses,
        invalidations,
        flushes,
    } = context.cache.counts();
    tracing::info!(
        cache.hits = hits,
        cache.misses = misses,
        cache.invalidations = invalidations,
        cache.flushes = flushes,
        "the cache is no longer kept up to date"
    );
}

async fn listen(listener: &mut ChangeListener, context: &Context, hub: &Hub) {
    loop {
        match listener.next().await {
            Heard::Changed(change) => context.cache.forget(&change),
            Heard::Events(job) => hub.told_of(JobId(job)),
            Heard::Missed => context.cache.forget_everything(),
        }
    }
}
