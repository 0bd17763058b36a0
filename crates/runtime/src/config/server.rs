//! `[server]`, `[server.auth]`, `[admin]` and `[cache]`: only api-server. `[server.tls]`, `[server.jwt]` and `[server.rate]` have files of their own.

use super::sections::{loopback, seconds};
use super::{JwtConfig, RateConfig, TlsConfig, span};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// `[server]`: the gRPC server and its limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Who may call.
    pub auth: AuthConfig,
    /// Whose tokens are taken beside API keys.
    pub jwt: JwtConfig,
    /// How connections are encrypted.
    pub tls: TlsConfig,
    /// How many calls a second.
    pub rate: RateConfig,
    /// Says that serving without authentication is meant; only on a loopback address.
    pub insecure_no_auth: bool,
    /// Largest request message.
    pub max_message_bytes: usize,
    /// Largest response message.
    pub max_response_bytes: usize,
    /// Memory that one preview may take; two run at the same time.
    pub max_preview_bytes: u64,
    /// Memory that the rows read for one prediction of points may take; two are read at the same time.
    pub max_predict_bytes: u64,
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
    /// A stream that sends nothing, not even a heartbeat, for this long is ended; it can be resumed.
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

/// `[admin]`: the second port, of those who run the service. Everything else is as in `[server]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// Address to listen on.
    pub listen: SocketAddr,
}

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// `authorization: Bearer mlts_...`, or a token as `[server.jwt]` says.
    ApiKey,
    /// Not at all: everyone is an admin. Needs `server.insecure_no_auth` and a loopback address.
    None,
}

/// `[cache]`: what api-server remembers of Postgres.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Age of what is shown at most, when a change made elsewhere was not heard of. Zero: nothing is remembered.
    #[serde(with = "span")]
    pub max_age: Duration,
    /// Models at most, and as many sources.
    pub max_entries: u64,
    /// Memory of the model files that are remembered for predictions, each counted as twice its size.
    pub max_model_bytes: u64,
}

const MIB: usize = 1 << 20;

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: loopback(50051),
            auth: AuthConfig::default(),
            jwt: JwtConfig::default(),
            tls: TlsConfig::default(),
            rate: RateConfig::default(),
            insecure_no_auth: false,
            max_message_bytes: MIB,
            max_response_bytes: 4 * MIB,
            max_preview_bytes: 1 << 30,
            max_predict_bytes: 256 << 20,
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

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: loopback(50053),
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

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            max_age: seconds(5),
            max_entries: 10_000,
            max_model_bytes: 256 << 20,
        }
    }
}
