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
        Ok(Arc::new(Self {
            worker,
            config,
            store,
            artifacts,
            keeper,
            stop,
        }))
    }
}

impl Context {
    /// The computing threads of one attempt: its slot's share of the worker's. Each attempt has its own, because a thread of
    /// a shared pool that waits for a part of one job may take up another job whole, and finish that first.
    pub(crate) fn threads(&self) -> anyhow::Result<ThreadPool> {
        let share = threads(self.config.worker.threads) / self.config.worker.slots as usize;
        rayon::ThreadPoolBuilder::new()
            .num_threads(share.max(1))
            .thread_name(|i| format!("compute-{i}"))
            .panic_handler(|_| {}) // the panic is logged by its hook; the attempt notices that no answer comes
            .build()
            .context("the computing threads cannot be started")
    }

    /// Memory that one attempt may be estimated to take, in bytes: its slot's share of the worker's.
    pub(crate) fn memory_limit(&self) -> u64 {
        let limit = self
            .config
            .worker
            .memory_limit_bytes
            .unwrap_or_else(usable_memory);
        limit / u64::from(self.config.worker.slots)
    }
}

/// Four fifths of what the machine has free now, or no limit where that cannot be told.
fn usable_memory() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or(u64::MAX, |kib| kib * 1024 / 5 * 4)
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
