//! The login of a pool, read again when Postgres refuses it: its password was changed.

use crate::config::UrlSource;
use crate::{StoreConfig, StoreError};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where the URL of a pool comes from, and the one that is used now.
pub(crate) struct Login {
    config: StoreConfig,
    source: UrlSource,
    url: Mutex<String>,
    changes: AtomicU64,
}

/// Without the URL, which holds a password.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// That of a store whose URL can be read again; `None` for another.
    pub(crate) fn of(config: &StoreConfig) -> Option<Self> {
        Some(Self {
            source: config.url_source.clone()?,
            url: Mutex::new(config.url.clone()),
            changes: AtomicU64::new(0),
            config: config.clone(),
        })
    }

    /// How often it has changed so far.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Reads the URL again, after a login was refused that was begun at `changes` changes. True when new connections of `pool` are made
    /// with another one now.
    pub(crate) async fn renew(&self, pool: &PgPool, changes: u64) -> bool {
        let source = UrlSource::clone(&self.source);
        match tokio::task::spawn_blocking(move || source()).await {
            Ok(Ok(url)) => self.adopt(pool, url),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Postgres refuses the login, and database.url cannot be read again");
            }
            Err(error) => {
                tracing::warn!(%error, "Postgres refuses the login, and database.url cannot be read again");
            }
        }
        self.changes() != changes
    }

    fn adopt(&self, pool: &PgPool, url: String) {
        let mut current = self.url.lock().unwrap_or_else(PoisonError::into_inner);
        if *current == url {
            return;
        }
        match options(&self.config, &url) {
            Ok(options) if place(&options) != place(&pool.connect_options()) => tracing::warn!(
                "Postgres refuses the login, and the file of database.url names another database now: restart to use that one"
            ),
            Ok(options) => {
                pool.set_connect_options(options);
                *current = url;
                self.changes.fetch_add(1, Ordering::Release);
                tracing::info!("Postgres refused the login; what the file of database.url says now is used");
            }
            // Its text is not told: a URL that cannot be read may show a password.
            Err(_) => tracing::warn!(
                "Postgres refuses the login, and the file of database.url holds no URL of it now"
            ),
        }
    }
}

/// Where a database is: connections of one pool never lead to two.
fn place(options: &PgConnectOptions) -> (String, u16, Option<String>) {
    let database = options.get_database().map(str::to_owned);
    (options.get_host().to_owned(), options.get_port(), database)
}

/// How connections are made, by this URL.
///
/// # Errors
/// [`StoreError::Unavailable`] when the URL is none.
pub(crate) fn options(config: &StoreConfig, url: &str) -> Result<PgConnectOptions, StoreError> {
    let millis = config.statement_timeout.as_millis().to_string();
    let options: PgConnectOptions = url.parse().map_err(StoreError::from_sqlx)?;
    Ok(options.application_name(&config.application_name).options([
        ("statement_timeout", millis.as_str()),
        // A call that is cut short closes its connection; its statement ends soon after, not with its timeout.
        ("client_connection_check_interval", "250ms"),
        ("timezone", "UTC"),
        // What the fence and the locks count on; a database or role may have another default.
        ("default_transaction_isolation", "read committed"),
    ]))
}

/// Whether Postgres does not let this role in with this password.
pub(crate) fn is_refused(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    // invalid_password, invalid_authorization_specification
    code.is_some_and(|code| code == "28P01" || code == "28000")
}
