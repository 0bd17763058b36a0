//! The sections of the configuration. Defaults, ranges and effects of each key stand in [`super::KEYS`].

use super::span;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
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
    /// How often the process asks whether it is ready.
    pub readiness: ReadinessConfig,
    /// The gRPC server.
    pub server: ServerConfig,
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
    /// How often the process asks whether it is ready.
    pub readiness: ReadinessConfig,
    /// What the worker takes on.
    pub worker: WorkerSection,
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
    /// Connections of this process at most.
    pub max_connections: u32,
    /// Longest wait for a new connection.
    #[serde(with = "span")]
    pub connect_timeout: Duration,
    /// Longest wait for a free connection of the pool.
    #[serde(with = "span")]
    pub acquire_timeout: Duration,
    /// Longest run of one statement (`statement_timeout`), the reading of a source aside.
    #[serde(with = "span")]
    pub statement_timeout: Duration,
    /// Longest run of the COPY that reads a source.
    #[serde(with = "span")]
    pub copy_timeout: Duration,
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

/// `[artifacts]`: where the files of results lie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArtifactsConfig {
    /// Folder shared by all processes.
    pub dir: PathBuf,
    /// Free space below which the process is not ready.
    pub min_free_bytes: u64,
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

/// `[server]`: the gRPC server and its limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Who may call.
    pub auth: AuthConfig,
    /// Says that serving without authentication is meant; only on a loopback address.
    pub insecure_no_auth: bool,
    /// Largest request message.
    pub max_message_bytes: usize,
    /// Largest response message.
    pub max_response_bytes: usize,
    /// Largest list of request headers.
    pub max_header_list_bytes: u32,
    /// HTTP/2 streams of one connection at most.
    pub max_concurrent_streams: u32,
    /// Requests of one connection that run at the same time.
    pub max_requests_per_connection: usize,
    /// Requests of all connections that run at the same time; more are refused at once.
    pub max_concurrent_requests: usize,
    /// Connections at most; more are closed at once.
    pub max_connections: usize,
    /// Open watches of one caller at most.
    pub max_watches_per_caller: usize,
    /// Streams reset by the peer and not yet forgotten, per connection.
    pub max_pending_reset_streams: usize,
    /// Longest run of a unary call.
    #[serde(with = "span")]
    pub request_timeout: Duration,
    /// A watch without an event for this long is ended; it can be resumed.
    #[serde(with = "span")]
    pub stream_idle_timeout: Duration,
    /// Time between HTTP/2 pings.
    #[serde(with = "span")]
    pub keepalive_interval: Duration,
    /// A ping unanswered for this long closes the connection.
    #[serde(with = "span")]
    pub keepalive_timeout: Duration,
    /// Age at which a connection is asked to go away.
    #[serde(with = "span")]
    pub max_connection_age: Duration,
    /// Time that its running calls then have left.
    #[serde(with = "span")]
    pub max_connection_age_grace: Duration,
    /// Time that running calls have after SIGTERM.
    #[serde(with = "span")]
    pub drain_grace: Duration,
}

/// `[server.auth]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// How callers prove who they are.
    pub mode: AuthMode,
}

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// `authorization: Bearer mlts_...`
    ApiKey,
    /// Not at all: everyone is an admin. Needs `server.insecure_no_auth` and a loopback address.
    None,
}

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

/// Writes a secret URL without its secrets, see [`super::print`].
fn secret_url<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::print::redacted(secret))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

const MIB: usize = 1 << 20;

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretString::from(""),
            max_connections: 10,
            connect_timeout: seconds(5),
            acquire_timeout: seconds(3),
            statement_timeout: seconds(10),
            copy_timeout: seconds(600),
        }
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

impl Default for ArtifactsConfig {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("/var/lib/mltraining/artifacts"),
            min_free_bytes: 256 << 20,
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

impl Default for ReadinessConfig {
    fn default() -> Self {
        Self {
            interval: seconds(5),
            timeout: seconds(2),
        }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: loopback(50051),
            auth: AuthConfig::default(),
            insecure_no_auth: false,
            max_message_bytes: MIB,
            max_response_bytes: 4 * MIB,
            max_header_list_bytes: 8 << 10,
            max_concurrent_streams: 128,
            max_requests_per_connection: 64,
            max_concurrent_requests: 512,
            max_connections: 1_024,
            max_watches_per_caller: 32,
            max_pending_reset_streams: 20,
            request_timeout: seconds(30),
            stream_idle_timeout: seconds(300),
            keepalive_interval: seconds(30),
            keepalive_timeout: seconds(10),
            max_connection_age: seconds(1_800),
            max_connection_age_grace: seconds(60),
            drain_grace: seconds(20),
        }
    }
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            mode: AuthMode::ApiKey,
        }
    }
}

impl Default for WorkerSection {
    fn default() -> Self {
        Self {
            slots: 1,
            threads: None,
            memory_limit_bytes: None,
            poll_min: seconds(2),
            poll_max: seconds(5),
            lease: seconds(60),
            heartbeat: seconds(10),
            reap_interval: seconds(15),
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
