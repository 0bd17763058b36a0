//! The configurations of the processes, and the sections that both have. Defaults, ranges and effects of each key stand
//! in [`super::KEYS`].

use super::artifacts::ArtifactsConfig;
use super::environment::secret_in;
use super::retention::RetentionConfig;
use super::server::{AdminConfig, CacheConfig, ServerConfig};
use super::span;
use super::worker::{HealthConfig, WorkerSection};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// All that api-server is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Postgres.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis: RedisConfig,
    /// The store of artifacts.
    pub artifacts: ArtifactsConfig,
    /// Log lines.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// Numbers.
    pub metrics: MetricsConfig,
    /// How often the process asks whether it is ready.
    pub readiness: ReadinessConfig,
    /// The gRPC server.
    pub server: ServerConfig,
    /// The port of those who run the service.
    pub admin: AdminConfig,
    /// What it remembers of Postgres.
    pub cache: CacheConfig,
}

/// All that worker is told.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Postgres.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis: RedisConfig,
    /// The store of artifacts.
    pub artifacts: ArtifactsConfig,
    /// Log lines.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// Numbers.
    pub metrics: MetricsConfig,
    /// How often the process asks whether it is ready.
    pub readiness: ReadinessConfig,
    /// What the worker takes on.
    pub worker: WorkerSection,
    /// How long what is over is kept.
    pub retention: RetentionConfig,
    /// The port of the health service.
    pub health: HealthConfig,
}

/// `[database]`: Postgres, the truth.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://user:password@host:port/database`. Secret, required.
    #[serde(serialize_with = "secret_url")]
    pub url: SecretString,
    /// The file that the URL was read from, which may hold another one later; `None`: it was given otherwise.
    #[serde(skip)]
    pub url_file: Option<PathBuf>,
    /// Connections of this process at most.
    pub max_connections: u32,
    /// Longest wait for a free connection of the pool.
    #[serde(with = "span")]
    pub acquire_timeout: Duration,
    /// Longest run of one statement (`statement_timeout`), the reading of a source aside.
    #[serde(with = "span")]
    pub statement_timeout: Duration,
    /// Longest run of the COPY that reads a source.
    #[serde(with = "span")]
    pub copy_timeout: Duration,
    /// The role that sources are read as; unset: that of the URL.
    pub source_role: Option<String>,
}

/// `[redis]`: hints. Its loss makes jobs start later, never lost.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://user:password@host:port/db`. Secret.
    #[serde(serialize_with = "secret_url")]
    pub url: SecretString,
    /// The stream of hints.
    pub stream: String,
    /// Length near which the stream is trimmed (`MAXLEN ~`), in entries.
    pub stream_max_entries: u64,
    /// Longest time that one hint may take in all, connecting included.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// Connections of this process at most, the listener's own aside.
    pub max_connections: u32,
}

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Level, or levels by target: `info`, `info,worker=debug`.
    pub level: String,
    /// Form of a line.
    pub format: LogFormat,
    /// Where lines go.
    pub output: LogOutput,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogOutput {
    /// Standard output, for services.
    Stdout,
    /// Standard error, for commands whose standard output is their answer.
    Stderr,
}

/// `[telemetry]`: traces. Trace ids are made, carried and logged whether or not they are exported.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// `http://host:4317` of an OTLP/gRPC receiver; unset: no export.
    pub otlp_endpoint: Option<String>,
    /// `service.name` of traces and log lines; unset: the name of the process.
    pub service_name: Option<String>,
    /// Share of the traces that begin here which are exported, 0 to 1. A caller's decision is kept.
    pub sample_ratio: f64,
    /// Longest time that one export, and the last one at exit, may take.
    #[serde(with = "span")]
    pub export_timeout: Duration,
}

/// `[metrics]`: numbers of the running process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address of the endpoint that Prometheus reads; unset: none.
    pub listen: Option<SocketAddr>,
    /// Time between two exports to `telemetry.otlp_endpoint`.
    #[serde(with = "span")]
    pub otlp_interval: Duration,
}

/// `[readiness]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadinessConfig {
    /// Time between two rounds of checks.
    #[serde(with = "span")]
    pub interval: Duration,
    /// Longest time that one check may take.
    #[serde(with = "span")]
    pub timeout: Duration,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretString::from(""),
            url_file: None,
            max_connections: 10,
            acquire_timeout: seconds(3),
            statement_timeout: seconds(10),
            copy_timeout: seconds(600),
            source_role: None,
        }
    }
}

impl DatabaseConfig {
    /// What reads the URL again from its file, or says why it cannot; `None` when it was not given by a file.
    pub fn url_source(&self) -> Option<Arc<dyn Fn() -> Result<String, String> + Send + Sync>> {
        let file = self.url_file.clone()?;
        Some(Arc::new(move || secret_in(&file)))
    }
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: SecretString::from("redis://127.0.0.1:6379/0"),
            stream: "mlts:jobs".to_owned(),
            stream_max_entries: 10_000,
            timeout: Duration::from_millis(200),
            max_connections: 8,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Json,
            output: LogOutput::Stdout,
        }
    }
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            service_name: None,
            sample_ratio: 1.0,
            export_timeout: seconds(5),
        }
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            listen: None,
            otlp_interval: seconds(60),
        }
    }
}

impl Default for ReadinessConfig {
    fn default() -> Self {
        Self {
            interval: seconds(5),
            timeout: seconds(2),
        }
    }
}

/// Writes a secret URL without its secrets, see [`super::print`].
fn secret_url<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::print::redacted(secret))
}

pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

pub(super) const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
