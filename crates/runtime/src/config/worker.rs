//! `[worker]` and `[health]`: only worker.

use super::sections::{loopback, seconds};
use super::span;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// `[worker]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerSection {
    /// Jobs at the same time.
    pub slots: u32,
    /// Threads that train, shared by the slots; unset: one a core.
    pub threads: Option<u32>,
    /// Memory that running jobs may be estimated to take together; unset: 80 % of what the process may use.
    pub memory_limit_bytes: Option<u64>,
    /// Folder on a disk for the values of features while a job runs; unset: that of the system for temporary files.
    pub scratch_dir: Option<PathBuf>,
    /// Shortest wait between two looks at the queue without a hint.
    #[serde(with = "span")]
    pub poll_min: Duration,
    /// Longest wait between two looks at the queue without a hint.
    #[serde(with = "span")]
    pub poll_max: Duration,
    /// Time without heartbeat after which a job is another worker's.
    #[serde(with = "span")]
    pub lease: Duration,
    /// Time between two heartbeats, give or take 20 %.
    #[serde(with = "span")]
    pub heartbeat: Duration,
    /// Time between two searches for jobs whose lease has expired.
    #[serde(with = "span")]
    pub reap_interval: Duration,
    /// Time that a job which needs a larger worker waits for one after the last was heard.
    #[serde(with = "span")]
    pub large_worker_grace: Duration,
    /// Claims jobs of kind PROBE as well.
    pub probe_jobs: bool,
    /// Time that running jobs have after SIGTERM before they are released.
    #[serde(with = "span")]
    pub drain_grace: Duration,
}

/// `[health]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthConfig {
    /// Address of the worker's health service.
    pub listen: SocketAddr,
}

impl Default for WorkerSection {
    fn default() -> Self {
        Self {
            slots: 1,
            threads: None,
            memory_limit_bytes: None,
            scratch_dir: None,
            poll_min: seconds(2),
            poll_max: seconds(5),
            lease: seconds(60),
            heartbeat: seconds(10),
            reap_interval: seconds(15),
            large_worker_grace: seconds(900),
            probe_jobs: false,
            drain_grace: seconds(30),
        }
    }
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self {
            listen: loopback(50052),
        }
    }
}
