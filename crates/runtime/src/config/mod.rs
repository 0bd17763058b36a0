//! Configuration: defaults, then the file, then the environment; checked as a whole before anything is opened.
//!
//! * File: TOML, given by `--config` or `MLTS_CONFIG`. A key that is not in [`KEYS`] is refused.
//! * Environment: `MLTS_` and the dotted key in capitals with `__` for the dot, e.g. `MLTS_DATABASE__URL` for
//!   `database.url`. An empty variable counts as unset. An unknown `MLTS_` variable is refused; one that belongs to the
//!   other process is passed over, so that both can share an environment.
//! * Secrets: `MLTS_DATABASE__URL_FILE` names a file with the value; its trailing newline is dropped.

mod artifacts;
mod check;
mod environment;
mod error;
mod jwt;
mod keys;
mod known;
mod load;
mod print;
mod rate;
mod retention;
mod rules;
mod sections;
mod server;
mod span;
mod tls;
mod worker;

#[cfg(test)]
mod tests;

pub use artifacts::{ArtifactsConfig, S3Config};
pub use error::{ConfigError, Problem};
pub use jwt::{JWT_ALGORITHMS, JwtConfig};
pub use keys::{KEYS, Key, Kind, Owner};
pub use load::{Settings, Sources, load};
pub use print::print;
pub use rate::RateConfig;
pub use retention::RetentionConfig;
pub use sections::{
    ApiConfig, DatabaseConfig, LogConfig, LogFormat, LogOutput, MetricsConfig, ReadinessConfig, RedisConfig,
    TelemetryConfig, WorkerConfig,
};
pub use server::{AdminConfig, AuthConfig, AuthMode, CacheConfig, ServerConfig};
pub use tls::{TlsConfig, TlsFiles};
pub use worker::{HealthConfig, WorkerSection};
