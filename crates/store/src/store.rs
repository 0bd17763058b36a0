//! The handle on the pool, and the one way in which calls use it.

use crate::audit::Actor;
use crate::login::{self, Login};
use crate::{StoreConfig, StoreError};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool, Postgres};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A connection that was used within this time is used again without asking first whether it still lives, which would cost each call
/// a round trip. One that died meanwhile fails its next call as one that dies during a call does.
const UNTESTED: Duration = Duration::from_secs(1);

/// A handle on Postgres. Clones share the pool.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    login: Option<Arc<Login>>,
    call_timeout: Duration,
    source_role: Option<Arc<str>>,
    actor: Option<Arc<Actor>>,
    observer: Option<Observer>,
}

/// Is told of each call when it has ended: its name, how long it took, and how it ended.
type Observer = fn(&'static str, Duration, CallOutcome);

/// How a call of the store ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// With an answer.
    Ok,
    /// With an error, also one that is the caller's doing, as a lost lease is.
    Error,
    /// It took too long.
    Timeout,
}

impl CallOutcome {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Timeout => "timeout",
        }
    }
}

/// How a pool is used at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections that are open.
    pub open: u32,
    /// Those of them that nobody uses.
    pub idle: u32,
    /// Most that may be open.
    pub max: u32,
}

impl Store {
    /// A store whose connections are made when they are needed. Does no I/O.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the URL is none.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let options = login::options(config, &config.url)?;
        let pool = PgPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(config.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for >= UNTESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self {
            pool,
            login: Login::of(config).map(Arc::new),
            call_timeout: config.call_timeout,
            source_role: config.source_role.as_deref().map(Arc::from),
            actor: None,
            observer: None,
        })
    }

    /// The same store, which tells `observer` of each call.
    #[must_use]
    pub fn observed_by(mut self, observer: fn(&'static str, Duration, CallOutcome)) -> Self {
        self.observer = Some(observer);
        self
    }

    /// [`open`](Self::open), and one connection made at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when Postgres does not answer or refuses the login.
    pub async fn connect(config: &StoreConfig) -> Result<Self, StoreError> {
        let store = Self::open(config)?;
        store.ping().await?;
        Ok(store)
    }

    /// The same pool with another limit for whole calls, for a caller with a deadline of its own.
    pub fn with_call_timeout(&self, call_timeout: Duration) -> Self {
        Self {
            call_timeout,
            ..self.clone()
        }
    }

    /// The same pool, acting for a caller: what it changes from now on is written down as his.
    pub fn acting_for(&self, actor: Actor) -> Self {
        Self {
            actor: Some(Arc::new(actor)),
            ..self.clone()
        }
    }

    /// Answers when Postgres answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.within("store.ping", async {
            let mut session = self.session().await?;
            sqlx::query_file!("sql/store/ping.sql")
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// How the pool is used now.
    pub fn pool_use(&self) -> PoolUse {
        PoolUse {
            open: self.pool.size(),
            idle: u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX),
            max: self.pool.options().get_max_connections(),
        }
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The longest time that one call may take.
    pub(crate) fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// For whom it acts.
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.actor.as_deref()
    }

    /// The role that sources are read as.
    pub(crate) fn source_role(&self) -> Option<&str> {
        self.source_role.as_deref()
    }

    /// A connection of the pool; with the login that is read again when the one that was is refused.
    async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let Some(login) = &self.login else {
            return self.pool.acquire().await;
        };
        let changes = login.changes();
        match self.pool.acquire().await {
            Err(error) if login::is_refused(&error) && login.renew(&self.pool, changes).await => {
                self.pool.acquire().await
            }
            acquired => acquired,
        }
    }

    /// A connection that is closed, not reused, unless [`Session::release`] is called: a call that was cut short leaves a
    /// connection whose next answer belongs to somebody else, or to nobody.
    pub(crate) async fn session(&self) -> Result<Session, StoreError> {
        let connection = self.acquire().await.map_err(StoreError::from_sqlx)?;
        Ok(Session {
            connection: Some(connection),
            released: false,
        })
    }

    /// Runs a call with the store's limit of time. The call lives in a box, so that the futures of callers stay small.
    pub(crate) fn within<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send {
        let bounded = tokio::time::timeout(self.call_timeout, Box::pin(work));
        let observer = self.observer;
        async move {
            let start = Instant::now();
            let answer = match bounded.await {
                // The server's limit names no call.
                Ok(Err(StoreError::Timeout { .. })) | Err(_) => Err(StoreError::Timeout { call }),
                Ok(answer) => answer,
            };
            if let Some(observer) = observer {
                observer(call, start.elapsed(), outcome_of(&answer));
            }
            answer
        }
    }
}

fn outcome_of<T>(answer: &Result<T, StoreError>) -> CallOutcome {
    match answer {
        Ok(_) => CallOutcome::Ok,
        Err(StoreError::Timeout { .. }) => CallOutcome::Timeout,
        Err(_) => CallOutcome::Error,
    }
}

/// One connection, lent for one call.
pub(crate) struct Session {
    connection: Option<PoolConnection<Postgres>>,
    released: bool,
}

impl Session {
    /// The call is over and everything it asked was answered: the connection can serve others.
    pub(crate) fn release(mut self) {
        self.released = true;
    }
}

impl Deref for Session {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.connection.as_deref().expect("taken only when dropped")
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_deref_mut().expect("taken only when dropped")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(mut connection) = self.connection.take()
            && !self.released
        {
            connection.close_on_drop();
        }
    }
}
