//! What everything in a worker shares.

use crate::lease_keeper::LeaseKeeper;
use anyhow::Context as _;
use mltraining_artifacts::Artifacts;
use mltraining_domain::WorkerId;
use mltraining_runtime::config::{DatabaseConfig, WorkerConfig};
use mltraining_store::{Store, StoreConfig};
use rayon::ThreadPool;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The queue that workers serve.
pub(crate) const QUEUE: &str = "default";

/// What everything in a worker shares.
pub(crate) struct Context {
    /// Fresh per boot.
    pub worker: WorkerId,
    /// The settings.
    pub config: WorkerConfig,
    /// Postgres.
    pub store: Store,
    /// Where files go.
    pub artifacts: Artifacts,
    /// Renews leases.
    pub keeper: LeaseKeeper,
    /// The threads that compute, shared by all jobs.
    pub pool: ThreadPool,
    /// Cancelled on SIGTERM: no new claims.
    pub stop: CancellationToken,
}

impl Context {
    /// Connects lazily: nothing is asked of a store yet.
    pub(crate) fn open(config: WorkerConfig, stop: CancellationToken) -> anyhow::Result<Arc<Self>> {
        let worker = WorkerId(uuid::Uuid::new_v4());
        let store = Store::open(&store_config(&config.database, config.database.max_connections))?;
        let artifacts = Artifacts::local(&config.artifacts.dir)
            .with_context(|| format!("artifacts.dir: {} cannot be used", config.artifacts.dir.display()))?;
        let keeper = LeaseKeeper::start(&store_config(&config.database, 1), &config.worker)?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads(config.worker.threads))
            .thread_name(|i| format!("compute-{i}"))
            .panic_handler(|_| {}) // the panic is logged by its hook; the attempt notices that no answer comes
            .build()
            .context("the computing threads cannot be started")?;
        Ok(Arc::new(Self {
            worker,
            config,
            store,
            artifacts,
            keeper,
            pool,
            stop,
        }))
    }
}

fn threads(wish: Option<u32>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    wish.map_or_else(cores, |n| n as usize)
}

fn store_config(database: &DatabaseConfig, max_connections: u32) -> StoreConfig {
    StoreConfig {
        max_connections,
        acquire_timeout: database.acquire_timeout,
        call_timeout: database.statement_timeout + Duration::from_secs(5),
        statement_timeout: database.statement_timeout,
        ..StoreConfig::new(database.url.expose_secret(), "worker")
    }
}
