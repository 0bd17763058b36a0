//! Every metric of both binaries. docs/METRICS.md shows this table; a test keeps the two the same.

use super::instrument::{Count, Declared, Gauge, Histogram, Kind, Level, Unit};
use Unit::{Bytes, Seconds, Things};

/// Answers: from half a millisecond to half a minute.
const SHORT: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// Work: from ten milliseconds to a day.
const LONG: &[f64] = &[
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
];

const fn declared(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    text: &'static str,
    labels: &'static [&'static str],
) -> Declared {
    Declared {
        name,
        kind,
        unit,
        text,
        labels,
    }
}

const fn count(name: &'static str, unit: Unit, text: &'static str, labels: &'static [&'static str]) -> Count {
    Count::new(declared(name, Kind::Counter, unit, text, labels))
}

const fn level(name: &'static str, unit: Unit, text: &'static str, labels: &'static [&'static str]) -> Level {
    Level::new(declared(name, Kind::Gauge, unit, text, labels))
}

const fn gauge(name: &'static str, unit: Unit, text: &'static str, labels: &'static [&'static str]) -> Gauge {
    Gauge::new(declared(name, Kind::Gauge, unit, text, labels))
}

const fn times(
    name: &'static str,
    text: &'static str,
    labels: &'static [&'static str],
    bounds: &'static [f64],
) -> Histogram {
    Histogram::new(declared(name, Kind::Histogram, Seconds, text, labels), bounds)
}

/// Calls, api-server. `rpc_shape` is `unary`, `long_poll` or `stream`: how long the last two take is their watcher's choice.
pub static RPC_DURATION: Histogram = times(
    "mltraining.rpc.duration",
    "Time from the first look at a call to its last frame",
    &["rpc_method", "rpc_shape", "grpc_code"],
    SHORT,
);
/// Calls under way, api-server.
pub static RPC_ACTIVE: Level = level(
    "mltraining.rpc.active",
    Things("call"),
    "Calls under way",
    &["rpc_method"],
);
/// Calls of the store; `outcome` is `ok`, `error` or `timeout`.
pub static DB_CALL_DURATION: Histogram = times(
    "mltraining.db.call.duration",
    "Time of a named call of Postgres, the wait for a connection included",
    &["call", "outcome"],
    SHORT,
);
/// The pool; `state` is `used` or `idle`.
pub static DB_POOL_CONNECTIONS: Gauge = gauge(
    "mltraining.db.pool.connections",
    Things("connection"),
    "Open connections of the pool",
    &["state"],
);
/// The size of the pool.
pub static DB_POOL_LIMIT: Gauge = gauge(
    "mltraining.db.pool.limit",
    Things("connection"),
    "Connections that the pool may open",
    &[],
);
/// The queue, api-server; `state` is `queued`, `scheduled` or `running`.
pub static QUEUE_JOBS: Gauge = gauge(
    "mltraining.queue.jobs",
    Things("job"),
    "Jobs that have not ended, of all projects; each api-server tells the same",
    &["kind", "state"],
);
/// The queue, api-server.
pub static QUEUE_OLDEST_AGE: Gauge = gauge(
    "mltraining.queue.oldest.age",
    Seconds,
    "How long the oldest job that could start has waited, 0 without one; each api-server tells the same",
    &["kind"],
);
/// Workers heard of, api-server; `state` is `working` or `draining`.
pub static WORKERS: Gauge = gauge(
    "mltraining.workers",
    Things("worker"),
    "Workers heard within the last minute; each api-server tells the same",
    &["state"],
);
/// What they can do, api-server.
pub static WORKER_SLOTS: Gauge = gauge(
    "mltraining.workers.slots",
    Things("job"),
    "Jobs that the workers that do not drain run at once; each api-server tells the same",
    &[],
);
/// Hints.
pub static HINTS: Count = count(
    "mltraining.hints",
    Things("hint"),
    "Hints to workers over Redis; outcome is ok or failed",
    &["outcome"],
);
/// The cache, api-server; `outcome` is `hit` or `miss`.
pub static CACHE_READS: Count = count(
    "mltraining.cache.reads",
    Things("read"),
    "Reads of models and sources that api-server remembers; outcome is hit or miss",
    &["outcome"],
);
/// From due to claimed, worker.
pub static JOB_PICKUP_DURATION: Histogram = times(
    "mltraining.job.pickup.duration",
    "Time from when a job could start to its claim, by the database's clock",
    &["kind"],
    LONG,
);
/// Attempts, worker; `outcome` is `succeeded`, `failed`, `stopped`, `waits` or `handed_back`.
pub static JOB_ATTEMPT_DURATION: Histogram = times(
    "mltraining.job.attempt.duration",
    "Time of an attempt from its claim until its end is written",
    &["kind", "outcome"],
    LONG,
);
/// Phases, worker.
pub static JOB_PHASE_DURATION: Histogram = times(
    "mltraining.job.phase.duration",
    "Time that an attempt that said its last word spent in a phase",
    &["kind", "phase"],
    LONG,
);
/// Attempts under way, worker.
pub static JOB_ACTIVE: Level = level(
    "mltraining.job.active",
    Things("job"),
    "Attempts under way",
    &["kind"],
);
/// Failures, worker.
pub static JOB_FAILURES: Count = count(
    "mltraining.job.failures",
    Things("attempt"),
    "Attempts that failed, by the reason that the job tells",
    &["kind", "reason"],
);
/// Rows read, worker.
pub static JOB_ROWS_READ: Count = count(
    "mltraining.job.rows.read",
    Things("row"),
    "Rows of sources that attempts have read",
    &["kind"],
);
/// Rows trained, worker.
pub static JOB_ROWS_TRAINED: Count = count(
    "mltraining.job.rows.trained",
    Things("row"),
    "Rows that fits have learned from, each fit counted",
    &["kind"],
);
/// Leases lost, worker.
pub static LEASES_LOST: Count = count(
    "mltraining.leases.lost",
    Things("lease"),
    "Leases of running attempts that were found to be another's",
    &[],
);
/// Leases taken back, worker.
pub static LEASES_EXPIRED: Count = count(
    "mltraining.leases.expired",
    Things("lease"),
    "Leases that this worker took back from workers that stopped renewing them",
    &[],
);
/// Stale writes, worker.
pub static STALE_WRITES: Count = count(
    "mltraining.stale.writes",
    Things("write"),
    "Writes of attempts without a lease that the fence refused, by what they were",
    &["write"],
);
/// Artifacts, worker.
pub static ARTIFACT_WRITTEN: Count = count(
    "mltraining.artifact.written",
    Bytes,
    "Bytes of artifacts that attempts have stored",
    &["kind"],
);
/// Free space.
pub static ARTIFACT_FREE: Gauge = gauge(
    "mltraining.artifact.free",
    Bytes,
    "Free space of the artifact storage; a bucket does not tell it",
    &[],
);
/// Dependencies.
pub static DEPENDENCY_UP: Gauge = gauge(
    "mltraining.dependency.up",
    Things("dependency"),
    "1 when the last readiness check of a dependency was answered well, else 0",
    &["dependency"],
);
/// Their latency.
pub static DEPENDENCY_LATENCY: Gauge = gauge(
    "mltraining.dependency.latency",
    Seconds,
    "Time of the last readiness check of a dependency",
    &["dependency"],
);
/// The build.
pub static BUILD: Gauge = gauge(
    "mltraining.build.info",
    Things("process"),
    "1; service and version tell what runs",
    &["service", "version"],
);

/// CPU time.
pub(super) const PROCESS_CPU: Declared = declared(
    "process.cpu",
    Kind::Counter,
    Seconds,
    "CPU time of the process, user and system, its ended children included",
    &[],
);
/// Memory.
pub(super) const PROCESS_MEMORY: Declared = declared(
    "process.resident_memory",
    Kind::Gauge,
    Bytes,
    "Resident memory of the process",
    &[],
);
/// Open files.
pub(super) const PROCESS_OPEN_FDS: Declared = declared(
    "process.open_fds",
    Kind::Gauge,
    Things("file"),
    "Open file descriptors",
    &[],
);
/// Open files at most.
pub(super) const PROCESS_MAX_FDS: Declared = declared(
    "process.max_fds",
    Kind::Gauge,
    Things("file"),
    "File descriptors that the process may open",
    &[],
);
/// The start.
pub(super) const PROCESS_START: Declared = declared(
    "process.start_time",
    Kind::Gauge,
    Seconds,
    "Start of the process, since 1970-01-01 UTC",
    &[],
);

/// Which binary tells a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// api-server and worker.
    Both,
    /// api-server.
    Api,
    /// worker.
    Worker,
}

/// All of them, and who tells them.
pub fn all() -> Vec<(Declared, By)> {
    use By::{Api, Both, Worker};
    vec![
        (RPC_DURATION.declared, Api),
        (RPC_ACTIVE.declared, Api),
        (DB_CALL_DURATION.declared, Both),
        (DB_POOL_CONNECTIONS.declared, Both),
        (DB_POOL_LIMIT.declared, Both),
        (QUEUE_JOBS.declared, Api),
        (QUEUE_OLDEST_AGE.declared, Api),
        (WORKERS.declared, Api),
        (WORKER_SLOTS.declared, Api),
        (HINTS.declared, Both),
        (CACHE_READS.declared, Api),
        (JOB_PICKUP_DURATION.declared, Worker),
        (JOB_ATTEMPT_DURATION.declared, Worker),
        (JOB_PHASE_DURATION.declared, Worker),
        (JOB_ACTIVE.declared, Worker),
        (JOB_FAILURES.declared, Worker),
        (JOB_ROWS_READ.declared, Worker),
        (JOB_ROWS_TRAINED.declared, Worker),
        (LEASES_LOST.declared, Worker),
        (LEASES_EXPIRED.declared, Worker),
        (STALE_WRITES.declared, Worker),
        (ARTIFACT_WRITTEN.declared, Worker),
        (ARTIFACT_FREE.declared, Both),
        (DEPENDENCY_UP.declared, Both),
        (DEPENDENCY_LATENCY.declared, Both),
        (BUILD.declared, Both),
        (PROCESS_CPU, Both),
        (PROCESS_MEMORY, Both),
        (PROCESS_OPEN_FDS, Both),
        (PROCESS_MAX_FDS, Both),
        (PROCESS_START, Both),
    ]
}
