//! What a process says about its use of Postgres.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Reads the URL anew; an error says why it cannot, without the URL.
pub type UrlSource = Arc<dyn Fn() -> Result<String, String> + Send + Sync>;

/// How to reach Postgres and how long to wait for it.
#[derive(Clone)]
pub struct StoreConfig {
    /// `postgres://user:password@host:port/database`; never shown.
    pub url: String,
    /// Where the URL is read again when Postgres refuses the login; `None`: nowhere.
    pub url_source: Option<UrlSource>,
    /// Shown in `pg_stat_activity`, e.g. `api-server`.
    pub application_name: String,
    /// Connections of the pool.
    pub max_connections: u32,
    /// Longest wait for a free or new connection.
    pub acquire_timeout: Duration,
    /// Longest wait for a call as a whole, on the client's clock.
    pub call_timeout: Duration,
    /// Longest time of one statement, on the server's clock. Calls that read sources set their own.
    pub statement_timeout: Duration,
    /// The role that sources are read as, of which the role of the URL is a member; `None` for the latter itself.
    pub source_role: Option<String>,
}

impl StoreConfig {
    /// The usual settings: 10 connections, 3 s for a connection, 10 s for a statement, 15 s for a call.
    pub fn new(url: impl Into<String>, application_name: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            url_source: None,
            application_name: application_name.into(),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(3),
            call_timeout: Duration::from_secs(15),
            statement_timeout: Duration::from_secs(10),
            source_role: None,
        }
    }
}

/// Without the URL, which holds a password.
impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreConfig")
            .field("application_name", &self.application_name)
            .field("max_connections", &self.max_connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("source_role", &self.source_role)
            .finish_non_exhaustive()
    }
}
