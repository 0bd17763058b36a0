//! What everything in a worker shares.

use crate::lease_keeper::LeaseKeeper;
use crate::memory::Memory;
use crate::process::program::Program;
use anyhow::Context as _;
use mltraining_artifacts::{Artifacts, Bucket};
use mltraining_domain::WorkerId;
use mltraining_runtime::config::{ArtifactsConfig, DatabaseConfig, WorkerConfig};
use mltraining_runtime::metrics::list;
use mltraining_signal::Signal;
use mltraining_store::{Store, StoreConfig};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    /// Where files go: asked whether they have room, and swept. An attempt's process has its own handle.
    pub artifacts: Artifacts,
    /// What attempts may take together.
    pub memory: Arc<Memory>,
    /// What is started for each attempt.
    pub program: Program,
    /// Processes of ended attempts that are on their way out.
    pub processes: TaskTracker,
    /// Redis: hints, and what API servers must forget. Its failure is logged, never more.
    pub signal: Signal,
    /// Renews leases.
    pub keeper: LeaseKeeper,
    /// Cancelled on SIGTERM, or when the row says so: no new claims.
    pub stop: CancellationToken,
}

impl Context {
    /// Connects lazily: nothing is asked of a store yet.
    pub(crate) fn open(
        config: WorkerConfig,
        program: Program,
        signal: Signal,
        stop: CancellationToken,
    ) -> anyhow::Result<Arc<Self>> {
        let worker = WorkerId(uuid::Uuid::new_v4());
        let store = Store::open(&store_config(&config.database, config.database.max_connections))?;
        let store = store.observed_by(|call, took, outcome| {
            list::DB_CALL_DURATION.record(took.as_secs_f64(), &[call, outcome.as_str()]);
        });
        let artifacts = artifacts(&config)?;
        let keeper = LeaseKeeper::start(&store_config(&config.database, 1), &config.worker)?;
        let memory = Memory::new(config.worker.memory_limit_bytes.unwrap_or_else(usable_memory));
        Ok(Arc::new(Self {
            worker,
            config,
            store,
            artifacts,
            memory,
            program,
            processes: TaskTracker::new(),
            signal,
            keeper,
            stop,
        }))
    }
}

impl Context {
    /// How many threads compute for one attempt: its slot's share of the worker's.
    pub(crate) fn threads_of_attempt(&self) -> usize {
        let share = threads(self.config.worker.threads) / self.config.worker.slots as usize;
        share.max(1)
    }
}

/// Four fifths of what the machine has free now, or of what its container may take if that is less; no limit where neither
/// can be told.
fn usable_memory() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
    let container = container.trim().parse::<u64>().ok(); // the word `max`, and no file, are no limit
    let least = kib.map(|kib| kib * 1024).into_iter().chain(container).min();
    least.map_or(u64::MAX, |bytes| bytes / 5 * 4)
}

fn threads(wish: Option<u32>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    wish.map_or_else(cores, |n| n as usize)
}

pub(crate) fn artifacts(config: &WorkerConfig) -> anyhow::Result<Artifacts> {
    let ArtifactsConfig { dir, s3, .. } = &config.artifacts;
    let Some(name) = s3.bucket.clone() else {
        return Artifacts::local(dir)
            .with_context(|| format!("artifacts.dir: {} cannot be used", dir.display()));
    };
    let bucket = Bucket {
        name,
        prefix: s3.prefix.clone(),
        endpoint: s3.endpoint.clone(),
        region: s3.region.clone(),
        access_key: s3.access_key(),
    };
    Artifacts::bucket(&bucket).context("artifacts.s3")
}

pub(crate) fn store_config(database: &DatabaseConfig, max_connections: u32) -> StoreConfig {
    StoreConfig {
        url_source: database.url_source(),
        max_connections,
        acquire_timeout: database.acquire_timeout,
        call_timeout: database.statement_timeout + Duration::from_secs(5),
        statement_timeout: database.statement_timeout,
        source_role: database.source_role.clone(),
        ..StoreConfig::new(database.url.expose_secret(), "worker")
    }
}
