//! What every service holds: the stores, the configuration and the signal to stop.

use crate::cache::Cache;
use crate::free_space::FreeSpace;
use crate::tokens::Tokens;
use anyhow::Context as _;
use mltraining_artifacts::{Artifacts, Bucket};
use mltraining_runtime::config::{ApiConfig, ArtifactsConfig};
use mltraining_runtime::exit::{Code, Coded};
use mltraining_runtime::metrics::list;
use mltraining_signal::{Limits, Signal};
use mltraining_store::{Store, StoreConfig};
use secrecy::ExposeSecret;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Shared by all services as an `Arc`. It has no clock: only the database's clock decides.
#[derive(Clone)]
pub struct Context {
    /// Postgres. A call takes `store.with_call_timeout(Deadline::of(request.extensions()).remaining())`.
    pub store: Store,
    /// Redis: hints to workers. Its failure is logged, never returned.
    pub signal: Signal,
    /// What is remembered of Postgres.
    pub cache: Cache,
    /// The files of results.
    pub artifacts: Artifacts,
    /// The room that is left for them.
    pub(crate) free_space: FreeSpace,
    /// Whose tokens are taken beside API keys; `None`: nobody's.
    pub tokens: Option<Arc<Tokens>>,
    /// The checked configuration.
    pub config: ApiConfig,
    /// Fires when the server begins to drain, after its readiness is off. Open streams end then by themselves.
    pub stop: CancellationToken,
}

impl Context {
    /// Opens what the configuration names. Nothing is connected yet: a server starts without its database and without
    /// Redis, and is not ready until the database is there.
    ///
    /// # Errors
    /// Exit code 69 when the folder of artifacts cannot be used; 64 when a URL or the file of an issuer's keys cannot be.
    pub fn open(config: ApiConfig) -> anyhow::Result<Self> {
        let limits = Limits {
            timeout: config.redis.timeout,
            stream_max_entries: config.redis.stream_max_entries,
            max_connections: config.redis.max_connections,
        };
        let signal = Signal::connect(&config.redis.url, &config.redis.stream, limits)
            .context("redis.url")
            .map_err(|error| Coded::new(Code::Config, error))?;
        let artifacts =
            open_artifacts(&config.artifacts).map_err(|error| Coded::new(Code::Unavailable, error))?;
        Ok(Self {
            store: open_store(&config)?,
            cache: Cache::new(&config.cache, signal.clone()),
            signal,
            artifacts,
            free_space: FreeSpace::default(),
            tokens: Tokens::open(&config.server.jwt).map_err(|error| Coded::new(Code::Config, error))?,
            config,
            stop: CancellationToken::new(),
        })
    }
}

/// The store of artifacts that the configuration names.
///
/// # Errors
/// A folder that cannot be made or entered; an endpoint that is no URL.
pub fn open_artifacts(ArtifactsConfig { dir, s3, .. }: &ArtifactsConfig) -> anyhow::Result<Artifacts> {
    let Some(name) = s3.bucket.clone() else {
        return Artifacts::local(dir).context("artifacts.dir");
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

/// The store that the configuration names, not connected yet.
///
/// # Errors
/// Exit code 64 when the URL cannot be used.
pub fn open_store(config: &ApiConfig) -> anyhow::Result<Store> {
    let database = &config.database;
    let store = Store::open(&StoreConfig {
        url: database.url.expose_secret().to_owned(),
        url_source: database.url_source(),
        application_name: "api-server".to_owned(),
        max_connections: database.max_connections,
        acquire_timeout: database.acquire_timeout,
        call_timeout: config.server.request_timeout,
        statement_timeout: database.statement_timeout,
        source_role: database.source_role.clone(),
    });
    let store = store
        .context("database.url")
        .map_err(|error| Coded::new(Code::Config, error))?;
    Ok(store.observed_by(|call, took, outcome| {
        list::DB_CALL_DURATION.record(took.as_secs_f64(), &[call, outcome.as_str()]);
    }))
}
