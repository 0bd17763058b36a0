//! Every key of the configuration: its owner, default, range and effect. docs/CONFIGURATION.md shows this table.

use Kind::{Integer, OneOf, Ratio, Secret, Span, Switch, Text};
use Owner::{Api, Both, Worker};
use std::fmt;

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Dotted name, e.g. `database.url`.
    pub path: &'static str,
    /// The process that reads it.
    pub owner: Owner,
    /// The value when nothing is given; empty: unset.
    pub default: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it does.
    pub effect: &'static str,
}

/// Which process reads a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// api-server and worker.
    Both,
    /// api-server.
    Api,
    /// worker.
    Worker,
}

/// What a value may be. `Display` gives the range in words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A span of time from .. to, both included.
    Span(&'static str, &'static str),
    /// A whole number from .. to, both included.
    Integer(u64, u64),
    /// A number from 0 to 1.
    Ratio,
    /// `true` or `false`.
    Switch,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A text; says which.
    Text(&'static str),
    /// A text never shown; can be given as a file as well. Says which.
    Secret(&'static str),
}

impl Key {
    /// The environment variable of the key: `MLTS_DATABASE__URL` for `database.url`.
    pub fn variable(&self) -> String {
        format!("MLTS_{}", self.path.replace('.', "__").to_uppercase())
    }

    /// The environment variable that names a file with the value; secrets only.
    pub fn file_variable(&self) -> Option<String> {
        matches!(self.kind, Secret(_)).then(|| format!("{}_FILE", self.variable()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span(from, to) => write!(f, "a span of time from {from} to {to}"),
            Integer(from, to) => write!(f, "a whole number from {from} to {to}"),
            Ratio => f.write_str("a number from 0 to 1"),
            Switch => f.write_str("true or false"),
            OneOf(words) => f.write_str(&words.join(" or ")),
            Text(what) | Secret(what) => f.write_str(what),
        }
    }
}

const fn key(
    path: &'static str,
    owner: Owner,
    default: &'static str,
    kind: Kind,
    effect: &'static str,
) -> Key {
    Key {
        path,
        owner,
        default,
        kind,
        effect,
    }
}

const SOCKET: Kind = Text("an address with port, such as 127.0.0.1:50051 or [::]:50051");
const BYTES_MAX: u64 = 1 << 50;

/// All keys, by section.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("database.url", Both, "", Secret("a URL postgres://user:password@host:port/database"), "Postgres, the truth. Required"),
    key("database.max_connections", Both, "10", Integer(2, 1_000), "Connections of this process at most; a worker has one more for its leases, and two for each attempt that runs"),
    key("database.acquire_timeout", Both, "3s", Span("100ms", "1m"), "Longest wait for a free connection of the pool"),
    key("database.statement_timeout", Both, "10s", Span("100ms", "10m"), "Longest run of one statement, the reading of a source aside"),
    key("database.copy_timeout", Both, "10m", Span("1s", "1d"), "Longest run of the COPY that reads a source; a training makes labels and features meanwhile"),
    key("database.source_role", Both, "", Text("the name of a role, 1 to 63 bytes"), "Role that sources are read as; the role of database.url is a member of it. It needs SELECT on the tables of sources and nothing else. Unset: the role of database.url"),

    key("redis.url", Both, "redis://127.0.0.1:6379/0", Secret("a URL redis://user:password@host:port/db"), "Redis, which carries hints. Without it jobs start later and none is lost"),
    key("redis.stream", Both, "mlts:jobs", Text("1 to 100 of a-z A-Z 0-9 : _ . -"), "The stream of hints; the same for all processes of one service"),
    key("redis.stream_max_entries", Both, "10000", Integer(100, 1_000_000), "Length near which the stream is trimmed"),
    key("redis.timeout", Both, "200ms", Span("10ms", "200ms"), "Longest time that one hint may take in all"),
    key("redis.max_connections", Both, "8", Integer(1, 100), "Connections of this process at most, the listener's own aside"),

    key("artifacts.dir", Both, "/var/lib/mltraining/artifacts", Text("an absolute path"), "Folder of the artifacts; the same for all processes"),
    key("artifacts.min_free_bytes", Both, "268435456", Integer(0, BYTES_MAX), "Free space below which the process is not ready; a bucket does not tell its own"),
    key("artifacts.s3.bucket", Both, "", Text("3 to 63 of a-z 0-9 . -"), "Bucket of an S3 storage that keeps the artifacts in the place of artifacts.dir; it must refuse to overwrite when asked (If-None-Match). Unset: the folder"),
    key("artifacts.s3.prefix", Both, "", Text("at most 200 of a-z A-Z 0-9 / . _ -, with no / at an end"), "What all keys in the bucket begin with"),
    key("artifacts.s3.endpoint", Both, "", Text("a URL http://host:9000 or https://host without user and password"), "The storage. Unset: AWS"),
    key("artifacts.s3.region", Both, "us-east-1", Text("1 to 63 of a-z 0-9 -"), "Region of the bucket"),
    key("artifacts.s3.access_key_id", Both, "", Text("the id of a key"), "Id of the key. Unset: what the machine gives (web identity, container or instance role)"),
    key("artifacts.s3.secret_access_key", Both, "", Secret("the secret of the key"), "Secret of the key"),

    key("log.level", Both, "info", Text("a level (off, error, warn, info, debug, trace), then levels of targets such as in info,worker=debug"), "What is logged. SIGUSR1 raises it to debug, SIGUSR2 returns to this value"),
    key("log.format", Both, "json", OneOf(&["json", "text"]), "One JSON object a line, or lines for people"),
    key("log.output", Both, "stdout", OneOf(&["stdout", "stderr"]), "Where lines go"),

    key("telemetry.otlp_endpoint", Both, "", Text("a URL http://host:4317 or https://host:4317 without user and password"), "OTLP/gRPC receiver of traces and metrics. Unset: no export"),
    key("telemetry.service_name", Both, "", Text("1 to 63 of a-z 0-9 . _ -"), "Name in traces and log lines. Unset: the name of the process"),
    key("telemetry.sample_ratio", Both, "1.0", Ratio, "Share of the traces begun here that is exported; a caller's decision is kept"),
    key("telemetry.export_timeout", Both, "5s", Span("100ms", "1m"), "Longest time of one export, and of the last one at exit"),

    key("metrics.listen", Both, "", SOCKET, "Address of GET /metrics, which Prometheus reads; plain HTTP without a key: keep it inside. Unset: none"),
    key("metrics.otlp_interval", Both, "1m", Span("1s", "1h"), "Time between two exports of metrics to telemetry.otlp_endpoint"),

    key("readiness.interval", Both, "5s", Span("100ms", "5m"), "Time between two rounds of readiness checks"),
    key("readiness.timeout", Both, "2s", Span("100ms", "1m"), "Longest time of one readiness check"),

    key("server.listen", Api, "127.0.0.1:50051", SOCKET, "Address of the gRPC server"),
    key("server.auth.mode", Api, "api_key", OneOf(&["api_key", "none"]), "How callers prove who they are. api_key: by a key, or by a token as [server.jwt] says. none: everyone is an admin"),
    key("server.insecure_no_auth", Api, "false", Switch, "Says that auth.mode = none is meant; only with a loopback address"),
    key("server.jwt.jwks_file", Api, "", Text("an absolute path"), "File of an issuer's public keys (a JWK set): tokens that it has signed (JWT) are then taken beside API keys. It is read again when it changes. Unset: API keys alone"),
    key("server.jwt.issuer", Api, "", Text("a text of 1 to 500 bytes"), "What `iss` of a token has to be. Required with jwks_file"),
    key("server.jwt.audience", Api, "", Text("a text of 1 to 500 bytes"), "What `aud` of a token has to be or hold. Required with jwks_file"),
    key("server.jwt.algorithms", Api, "RS256", Text("some of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA, parted by commas"), "Signatures that are taken; that of a token has to be the one of its key as well"),
    key("server.jwt.leeway", Api, "30s", Span("0ms", "5m"), "How far the issuer's clock may be from this one, for `exp` and `nbf`"),
    key("server.jwt.project_claim", Api, "mlts_project", Text("a name of 1 to 200 bytes"), "Claim that names the caller's project, which has to be there"),
    key("server.jwt.role_claim", Api, "mlts_role", Text("a name of 1 to 200 bytes"), "Claim that names the caller's role in it: viewer, trainer or admin"),
    key("server.jwt.max_token_bytes", Api, "4096", Integer(256, 65_536), "Longest token that is looked at; server.max_header_list_bytes holds as well"),
    key("server.jwt.reload_interval", Api, "10s", Span("100ms", "1d"), "Time between two looks at the file"),
    key("server.tls.certificate", Api, "", Text("an absolute path"), "PEM file of the server's certificate, followed by those that lead to its CA; both ports then speak TLS alone. It is read again when it changes. Unset: connections are not encrypted"),
    key("server.tls.private_key", Api, "", Text("an absolute path"), "PEM file of the key of that certificate"),
    key("server.tls.client_ca", Api, "", Text("an absolute path"), "PEM file of CAs: only clients with a certificate of one of them may connect; what they may do is still said by their API key or token. Unset: clients need no certificate"),
    key("server.tls.reload_interval", Api, "10s", Span("100ms", "1d"), "Time between two looks at these files"),
    key("server.tls.health_listen", Api, "", SOCKET, "Address of a health service without TLS, for probes that speak none. Unset: none"),
    key("server.rate.key_per_second", Api, "500", Integer(0, 1_000_000), "Calls a second of one API key, on all servers together; more are refused with RATE_LIMITED. 0: no limit"),
    key("server.rate.key_burst", Api, "2000", Integer(1, 10_000_000), "Calls of one API key at once, after a rest"),
    key("server.rate.address_per_second", Api, "1000", Integer(0, 1_000_000), "Calls a second from one address, of IPv6 from one /64, whatever their key. 0: no limit"),
    key("server.rate.address_burst", Api, "4000", Integer(1, 10_000_000), "Calls from one address at once, after a rest"),
    key("server.rate.total_per_second", Api, "5000", Integer(0, 1_000_000), "Calls a second of everyone, on all servers together. 0: no limit"),
    key("server.rate.total_burst", Api, "20000", Integer(1, 10_000_000), "Calls of everyone at once, after a rest"),
    key("server.rate.trusted_proxies", Api, "", Text("networks or addresses parted by commas, such as 10.0.0.0/8, 192.0.2.7"), "Proxies whose x-forwarded-for says where a call comes from, read from its end to the first address that is no proxy's. Unset: calls come from where their connection does"),
    key("server.max_message_bytes", Api, "1048576", Integer(1_024, 64 << 20), "Largest request message"),
    key("server.max_response_bytes", Api, "4194304", Integer(1 << 20, 64 << 20), "Largest response message"),
    key("server.max_preview_bytes", Api, "1073741824", Integer(1 << 20, 1 << 40), "Memory that one preview or check of labels or rows may take; two run at the same time"),
    key("server.max_predict_bytes", Api, "268435456", Integer(1 << 20, 1 << 40), "Memory that the rows read for one prediction of points may take; two are read at the same time"),
    key("server.max_header_list_bytes", Api, "8192", Integer(1_024, 1 << 20), "Largest list of request headers"),
    key("server.max_concurrent_streams", Api, "128", Integer(1, 10_000), "HTTP/2 streams of one connection at most"),
    key("server.max_requests_per_connection", Api, "64", Integer(1, 10_000), "Requests of one connection that run at the same time"),
    key("server.max_concurrent_requests", Api, "512", Integer(1, 100_000), "Requests of all connections that run at the same time; more are refused at once"),
    key("server.max_connections", Api, "1024", Integer(1, 100_000), "Connections at most; more are closed at once"),
    key("server.max_watches_per_caller", Api, "32", Integer(1, 10_000), "Open watches of one caller at most"),
    key("server.max_pending_reset_streams", Api, "20", Integer(1, 1_000), "Streams reset by the peer and not yet forgotten, per connection"),
    key("server.request_timeout", Api, "30s", Span("100ms", "10m"), "Longest run of a unary call"),
    key("server.stream_idle_timeout", Api, "5m", Span("1s", "1d"), "A stream that sends nothing, not even a heartbeat, for this long is ended; it can be resumed"),
    key("server.keepalive_interval", Api, "30s", Span("1s", "1h"), "Time between HTTP/2 pings"),
    key("server.keepalive_timeout", Api, "10s", Span("1s", "5m"), "A ping unanswered for this long closes the connection"),
    key("server.max_connection_age", Api, "30m", Span("1s", "1d"), "Age at which a connection is asked to go away"),
    key("server.max_connection_age_grace", Api, "1m", Span("1s", "1h"), "Time that its running calls then have left"),
    key("server.drain_grace", Api, "20s", Span("0ms", "10m"), "Time that running calls have after SIGTERM"),

    key("admin.enabled", Api, "true", Switch, "Whether AdminService is served, on a port of its own"),
    key("admin.listen", Api, "127.0.0.1:50053", SOCKET, "Address of AdminService; authentication and limits are those of the gRPC server"),

    key("cache.max_age", Api, "5s", Span("0ms", "1m"), "Age at most of a model or source that is shown, when a change made elsewhere was not heard of. 0ms: nothing is remembered"),
    key("cache.max_entries", Api, "10000", Integer(1, 1_000_000), "Models remembered at most, and as many sources"),
    key("cache.max_model_bytes", Api, "268435456", Integer(1 << 20, 1 << 40), "Memory of the model files that are remembered for predictions, each counted as twice its size; a larger one is not used"),

    key("worker.slots", Worker, "1", Integer(1, 256), "Jobs at the same time"),
    key("worker.threads", Worker, "", Integer(1, 1_024), "Threads that train, shared by the slots. Unset: one a core"),
    key("worker.memory_limit_bytes", Worker, "", Integer(64 << 20, BYTES_MAX), "Memory that running jobs may be estimated to take together, of all slots. Unset: 80 % of what the process may use"),
    key("worker.scratch_dir", Worker, "", Text("an absolute path"), "Folder on a disk, not in memory, for the values of features while a job runs: 4 bytes for each row and feature. Files there have no name and vanish with their process. Unset: the system's folder for temporary files"),
    key("worker.poll_min", Worker, "2s", Span("10ms", "10m"), "Shortest wait between two looks at the queue without a hint"),
    key("worker.poll_max", Worker, "5s", Span("10ms", "10m"), "Longest wait between two looks at the queue without a hint"),
    key("worker.lease", Worker, "1m", Span("1s", "1h"), "Time without heartbeat after which a job is another worker's"),
    key("worker.heartbeat", Worker, "10s", Span("100ms", "20m"), "Time between two heartbeats, give or take 20 %; at most a third of the lease"),
    key("worker.reap_interval", Worker, "15s", Span("100ms", "10m"), "Time between two searches for jobs whose lease has expired"),
    key("worker.large_worker_grace", Worker, "15m", Span("1s", "1d"), "Time that a job which needs a larger worker waits for one to come back after the last was heard; then it fails. Longer than a restart or an outage takes"),
    key("worker.probe_jobs", Worker, "false", Switch, "Claims jobs of kind PROBE as well, which do what a test of the service asks for; never in production"),
    key("worker.drain_grace", Worker, "30s", Span("0ms", "1d"), "Time that running jobs have after SIGTERM before they are released"),

    key("retention.interval", Worker, "10m", Span("50ms", "1d"), "Time between two looks for rows that may go, give or take 20 %"),
    key("retention.files_interval", Worker, "6h", Span("50ms", "30d"), "Time between two walks through the artifact storage, give or take 20 %"),
    key("retention.orphan_grace", Worker, "1h", Span("1ms", "365d"), "Age at which results and files go that no job succeeded with"),
    key("retention.jobs", Worker, "90d", Span("0ms", "3650d"), "Age at which final jobs go to which no model version goes back; 0ms keeps them for ever"),
    key("retention.events", Worker, "30d", Span("0ms", "3650d"), "Age at which events of final jobs go; 0ms keeps them as long as their jobs"),
    key("retention.workers", Worker, "7d", Span("0ms", "3650d"), "Age at which rows of stopped or vanished workers go, at least 1h; 0ms keeps them for ever"),
    key("retention.audit_events", Worker, "400d", Span("0ms", "3650d"), "Age at which audit events go, at least 30d; 0ms keeps them for ever"),
    key("retention.batch", Worker, "500", Integer(1, 10_000), "Rows removed at once"),

    key("health.listen", Worker, "127.0.0.1:50052", SOCKET, "Address of the worker's health service"),
];
