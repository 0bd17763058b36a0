//! Removes what is over by age: models that can no longer be undeleted, final jobs to which no model version goes back, events of final
//! jobs, rows of workers that are gone, audit events. Every worker does it; there is no leader, and two at the same time do no harm.

use crate::context::Context;
use crate::removal::Removal;
use crate::repeat::repeat;
use futures::TryStreamExt;
use mltraining_domain::JobId;
use mltraining_store::StoreError;
use mltraining_store::retention::ExpiredJob;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Removes now and then, until the worker stops.
pub(crate) async fn run(context: Arc<Context>) {
    let interval = context.config.retention.interval;
    repeat(&context.stop, interval, || remove(&context)).await;
}

async fn remove(context: &Context) {
    let config = &context.config.retention;
    let mut removal = Removal::new(&context.artifacts);
    tell("models", models(context, &mut removal).await);
    removal.tell();
    if let Some(age) = age(config.events) {
        tell("events", events(context, age).await);
    }
    if let Some(age) = age(config.jobs) {
        let mut removal = Removal::new(&context.artifacts);
        tell("jobs", jobs(context, age, &mut removal).await);
        removal.tell();
    }
    if let Some(age) = age(config.workers) {
        tell("workers", workers(context, age).await);
    }
    if let Some(age) = age(config.audit_events) {
        tell("audit events", audit_events(context, age).await);
    }
}

/// `None`: for ever.
fn age(configured: Duration) -> Option<Duration> {
    (!configured.is_zero()).then_some(configured)
}

fn tell(what: &'static str, removed: Result<u64, StoreError>) {
    match removed {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "old {what} removed"),
        Err(error) => tracing::warn!(%error, "old {what} cannot be removed now"),
    }
}

async fn events(context: &Context, age: Duration) -> Result<u64, StoreError> {
    batches(context, |limit| context.store.remove_expired_events(age, limit)).await
}

async fn workers(context: &Context, age: Duration) -> Result<u64, StoreError> {
    batches(context, |limit| context.store.remove_gone_workers(age, limit)).await
}

async fn audit_events(context: &Context, age: Duration) -> Result<u64, StoreError> {
    batches(context, |limit| context.store.remove_audit_events(age, limit)).await
}

/// Calls until a batch is not full. Returns how many rows went.
async fn batches<F, Fut>(context: &Context, mut batch: F) -> Result<u64, StoreError>
where
    F: FnMut(i64) -> Fut,
    Fut: Future<Output = Result<u64, StoreError>>,
{
    let limit = context.config.retention.batch;
    let mut removed = 0;
    loop {
        let gone = batch(i64::from(limit)).await?;
        removed += gone;
        if gone < u64::from(limit) {
            return Ok(removed);
        }
    }
}

/// Versions first, their files before their rows, then the models that have none left. Returns how many models went.
async fn models(context: &Context, removal: &mut Removal<'_>) -> Result<u64, StoreError> {
    let (store, limit) = (&context.store, i64::from(context.config.retention.batch));
    loop {
        let page = store.expired_versions(limit).await?;
        if page.is_empty() {
            break;
        }
        let versions: Vec<JobId> = page.iter().map(|version| version.job).collect();
        let jobs: Vec<ExpiredJob> = page.into_iter().flat_map(|version| version.jobs).collect();
        let bare = without_files(context, &jobs, removal).await?;
        batches(context, |limit| {
            store.remove_events_of(Duration::ZERO, &bare, limit)
        })
        .await?;
        let gone = store.remove_expired_versions(&versions, &bare).await?;
        // What stayed would be on the next page again.
        if gone < versions.len() as u64 || (versions.len() as i64) < limit {
            break;
        }
    }
    batches(context, |limit| store.remove_expired_models(limit)).await
}

/// Files first, then events in batches, then the rest of the rows at once: after a crash in between the next pass finds the
/// jobs. Returns how many went.
async fn jobs(context: &Context, age: Duration, removal: &mut Removal<'_>) -> Result<u64, StoreError> {
    let (store, limit) = (&context.store, i64::from(context.config.retention.batch));
    let (mut after, mut removed) = (None, 0);
    loop {
        let page = store.expired_jobs(age, after, limit).await?;
        if !page.jobs.is_empty() {
            let bare = without_files(context, &page.jobs, removal).await?;
            batches(context, |limit| store.remove_events_of(age, &bare, limit)).await?;
            removed += store.remove_expired_jobs(age, &bare).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(removed),
        }
    }
}

/// Removes the files of the jobs: those of a result that nothing needs, and those that no row names, which nobody could find
/// a job for any more. Returns the jobs that have none left.
async fn without_files(
    context: &Context,
    batch: &[ExpiredJob],
    removal: &mut Removal<'_>,
) -> Result<Vec<JobId>, StoreError> {
    let mut bare: Vec<JobId> = Vec::with_capacity(batch.len());
    let mut files = Vec::new();
    for job in batch {
        let named = removal.keys(&job.storage_keys).await;
        match context
            .artifacts
            .list_job(job.project.as_str(), job.id.0)
            .try_collect::<Vec<_>>()
            .await
        {
            Ok(found) => files.extend(found),
            Err(error) => {
                removal.unread(&error);
                continue;
            }
        }
        if named {
            bare.push(job.id);
        }
    }
    let left = removal.rowless(&context.store, &files).await?;
    bare.retain(|job| !left.contains(job));
    Ok(bare)
}
