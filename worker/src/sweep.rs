//! Removes what attempts left behind that no job succeeded with: results that were never committed, and files that no row
//! names. Every worker does it; there is no leader, and two at the same time do no harm.

use crate::context::Context;
use crate::removal::Removal;
use crate::repeat::repeat;
use futures::StreamExt;
use mltraining_artifacts::StoredFile;
use mltraining_domain::ResultId;
use mltraining_store::StoreError;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Sweeps now and then, until the worker stops.
pub(crate) async fn run(context: Arc<Context>) {
    let config = &context.config.retention;
    tokio::join!(
        repeat(&context.stop, config.interval, || sweep_results(&context)),
        repeat(&context.stop, config.files_interval, || sweep_files(&context)),
    );
}

async fn sweep_results(context: &Context) {
    let mut removal = Removal::new(&context.artifacts);
    match orphaned_results(context, &mut removal).await {
        Ok(0) => {}
        Ok(results) => tracing::info!(results, files = removal.removed, "orphaned results removed"),
        Err(error) => tracing::warn!(%error, "orphaned results cannot be looked for now"),
    }
    removal.tell();
}

/// Files first, then rows: after a crash in between the next sweep finds the rows. Returns how many results went.
async fn orphaned_results(context: &Context, removal: &mut Removal<'_>) -> Result<u64, StoreError> {
    let config = &context.config.retention;
    let (mut after, mut removed) = (None, 0);
    loop {
        let batch = context
            .store
            .orphaned_results(config.orphan_grace, after, i64::from(config.batch))
            .await?;
        let Some(last) = batch.last() else {
            return Ok(removed);
        };
        after = Some(last.cursor());
        let mut bare: Vec<ResultId> = Vec::with_capacity(batch.len());
        for orphan in &batch {
            if removal.keys(&orphan.storage_keys).await {
                bare.push(orphan.id);
            }
        }
        removed += context.store.remove_orphaned_results(&bare).await?;
    }
}

async fn sweep_files(context: &Context) {
    let mut removal = Removal::new(&context.artifacts);
    match rowless_files(context, &mut removal).await {
        Ok(looked_at) => tracing::debug!(looked_at, "the artifact storage was walked through"),
        Err(error) => tracing::warn!(%error, "files without a row cannot be looked for now"),
    }
    if removal.removed > 0 {
        tracing::info!(files = removal.removed, "files without a row removed");
    }
    removal.tell();
}

/// Returns how many files were looked at.
async fn rowless_files(context: &Context, removal: &mut Removal<'_>) -> Result<u64, StoreError> {
    let config = &context.config.retention;
    let batch = config.batch as usize;
    let mut files = context.artifacts.list();
    let mut old: Vec<StoredFile> = Vec::with_capacity(batch);
    let mut looked_at = 0;
    while let Some(file) = files.next().await {
        looked_at += 1;
        match file {
            Ok(file) if is_older(&file, config.orphan_grace) => old.push(file),
            Ok(_) => {}
            Err(error) => removal.unread(&error),
        }
        if old.len() >= batch {
            removal.rowless(&context.store, &old).await?;
            old.clear();
        }
    }
    removal.rowless(&context.store, &old).await?;
    Ok(looked_at)
}

/// False for a file of the future: the clock of the storage is another one.
fn is_older(file: &StoredFile, grace: Duration) -> bool {
    let age = SystemTime::now().duration_since(file.modified);
    age.is_ok_and(|age| age >= grace)
}
