//! A worker from its start to the end of its drain.

use crate::context::Context;
use crate::process::program::Program;
use crate::{claims, reaper, retention, sweep};
use anyhow::Context as _;
use mltraining_runtime::config::{RedisConfig, WorkerConfig};
use mltraining_runtime::health::Health;
use mltraining_runtime::metrics::list;
use mltraining_runtime::readiness::Checks;
use mltraining_signal::{Limits, Signal};
use mltraining_store::workers::{NewWorker, Wanted};
use mltraining_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Time that attempts have after their grace to write their ends.
const SETTLE: Duration = Duration::from_secs(10);

/// Works until `stop`, or until its row says that it should drain. Then it drains: readiness off, no new claims, running jobs
/// get their grace and are released uncharged. `listener` serves the health of the worker; `program` is started for each attempt.
///
/// # Errors
/// What cannot be opened at the start. Stores that are away are waited for.
pub async fn run(
    listener: TcpListener,
    config: WorkerConfig,
    program: Program,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    // A drain by the row cancels this token alone: a SIGTERM after it must not count as the second one, which ends at once.
    let stop = stop.child_token();
    let signal = signal(&config.redis)?;
    let context = Context::open(config, program, signal.clone(), stop.clone())?;
    let (health, server) = Health::new(&[]).await;
    let served = CancellationToken::new();
    let serving = tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(server)
            .serve_with_incoming_shutdown(TcpListenerStream::new(listener), served.clone().cancelled_owned()),
    );
    let readiness = tokio::spawn(checks(&context, &signal).run(health, stop.clone()));
    let attempts = TaskTracker::new();
    if wait_for_schema(&context).await {
        let drained = CancellationToken::new();
        let row = tokio::spawn(keep_row(Arc::clone(&context), drained.clone()));
        let reaper = tokio::spawn(reaper::run(Arc::clone(&context)));
        let sweep = tokio::spawn(sweep::run(Arc::clone(&context)));
        let retention = tokio::spawn(retention::run(Arc::clone(&context)));
        tracing::info!(worker.id = %context.worker, slots = context.config.worker.slots, "working");
        claims::run(Arc::clone(&context), signal.listen(), attempts.clone()).await;
        drain(&context, attempts).await;
        drained.cancel();
        let _ = tokio::join!(row, reaper, sweep, retention);
    }
    let _ = readiness.await;
    served.cancel();
    serving
        .await
        .context("the health service panicked")?
        .context("the health service failed")
}

fn signal(config: &RedisConfig) -> anyhow::Result<Signal> {
    let limits = Limits {
        timeout: config.timeout,
        stream_max_entries: config.stream_max_entries,
        max_connections: config.max_connections,
    };
    Signal::connect(&config.url, &config.stream, limits).context("redis.url cannot be used")
}

fn checks(context: &Arc<Context>, signal: &Signal) -> Checks {
    let (database, schema) = (Arc::clone(context), Arc::clone(context));
    let (files, redis) = (Arc::clone(context), signal.clone());
    Checks::new(&context.config.readiness)
        .require("database", move || {
            let context = Arc::clone(&database);
            async move {
                tell_pool(&context);
                context.store.ping().await
            }
        })
        .require("schema", move || {
            let context = Arc::clone(&schema);
            async move { schema_is_current(&context).await }
        })
        .require("artifacts", move || {
            let context = Arc::clone(&files);
            async move { artifacts_have_room(&context).await }
        })
        .watch("redis", move || {
            let redis = redis.clone();
            async move { redis.ping().await }
        })
}

/// Tells how the pool is used. Comes with the rounds of readiness, so that it needs no task of its own.
fn tell_pool(context: &Context) {
    let pool = context.store.pool_use();
    list::DB_POOL_LIMIT.set(f64::from(pool.max), &[]);
    list::DB_POOL_CONNECTIONS.set(f64::from(pool.open.saturating_sub(pool.idle)), &["used"]);
    list::DB_POOL_CONNECTIONS.set(f64::from(pool.idle), &["idle"]);
}

async fn schema_is_current(context: &Context) -> anyhow::Result<()> {
    let (found, needed) = (
        context.store.schema_version().await?,
        Store::expected_schema_version(),
    );
    anyhow::ensure!(
        found >= needed,
        "the schema has version {found}, this build needs {needed}: run `api-server migrate`"
    );
    Ok(())
}

async fn artifacts_have_room(context: &Context) -> anyhow::Result<()> {
    let room = context.artifacts.check_writable().await?;
    if let Some(free) = room.free_bytes {
        list::ARTIFACT_FREE.set(free as f64, &[]);
    }
    let needed = context.config.artifacts.min_free_bytes;
    let free = room.free_bytes.unwrap_or(u64::MAX);
    anyhow::ensure!(
        free >= needed,
        "{free} bytes are free, artifacts.min_free_bytes is {needed}"
    );
    Ok(())
}

/// Waits for a schema that this version knows; nothing is claimed on another. False when the worker was stopped first.
async fn wait_for_schema(context: &Context) -> bool {
    loop {
        if matches!(context.store.schema_is_current().await, Ok(true)) {
            return true;
        }
        tokio::select! {
            () = context.stop.cancelled() => return false,
            () = tokio::time::sleep(context.config.readiness.interval) => {}
        }
    }
}

/// Lets running attempts end, and their processes after them, as long as their grace and the writing of their ends may take.
async fn drain(context: &Context, attempts: TaskTracker) {
    attempts.close();
    tracing::info!(attempts = attempts.len(), "draining");
    let patience = context.config.worker.drain_grace + SETTLE;
    let all = async {
        attempts.wait().await;
        context.processes.close(); // only now: an attempt leaves its process behind when it ends
        context.processes.wait().await;
    };
    if tokio::time::timeout(patience, all).await.is_err() {
        tracing::warn!(
            attempts = attempts.len(),
            "attempts do not end; their leases will run out"
        );
    }
}

/// Keeps the worker's row, which people look at, until the worker has drained; stops the worker when the row says so.
async fn keep_row(context: Arc<Context>, drained: CancellationToken) {
    let row = new_worker(&context);
    while !drained.is_cancelled() {
        let stopping = context.stop.is_cancelled();
        if let Err(error) = say_alive(&context, &row).await {
            tracing::debug!(%error, "the worker's row cannot be written now");
        }
        tokio::select! {
            () = drained.cancelled() => {}
            () = context.stop.cancelled(), if !stopping => {} // the row says so at once
            () = tokio::time::sleep(context.config.worker.heartbeat) => {}
        }
    }
    let _ = context.store.stop_worker(context.worker).await;
}

/// Says that the worker lives, and whether it drains; stops it when the row says that it should.
async fn say_alive(context: &Context, row: &NewWorker) -> Result<(), StoreError> {
    match context.store.worker_heartbeat(context.worker).await? {
        Wanted::Entry => context.store.register_worker(row).await?,
        Wanted::Drain if !context.stop.is_cancelled() => {
            tracing::info!(worker.id = %context.worker, "stopping: told to drain");
            context.stop.cancel();
        }
        Wanted::Work if context.stop.is_cancelled() => {
            context.store.drain_worker(context.worker).await?;
        }
        Wanted::Drain | Wanted::Work => {}
    }
    Ok(())
}

fn new_worker(context: &Context) -> NewWorker {
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let hostname = if hostname.trim().is_empty() {
        "unknown"
    } else {
        hostname.trim()
    };
    NewWorker {
        id: context.worker,
        hostname: hostname.chars().take(255).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        slots: i32::try_from(context.config.worker.slots).unwrap_or(i32::MAX),
        memory_bytes: context.memory.capacity(),
    }
}
