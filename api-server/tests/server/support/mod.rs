//! A server on a database of its own.

pub mod issuer;
pub mod raw;
pub mod requests;
pub mod world;

use api_server::access::{Port, Served};
use api_server::context::Context;
use api_server::keys::ApiKeySecret;
use api_server::serve::{Listeners, run};
use chrono::{DateTime, Utc};
use mltraining_domain::{ProjectId, Role};
use mltraining_runtime::config::ApiConfig;
use mltraining_store::Store;
use mltraining_store::api_keys::NewApiKey;
use mltraining_store::audit::AuditFilter;
use mltraining_store::testing::TestDatabase;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Fields drop in order: the database last.
pub struct Api {
    pub address: SocketAddr,
    pub admin_address: SocketAddr,
    pub context: Context,
    pub store: Store,
    pub stop: CancellationToken,
    pub end: JoinHandle<anyhow::Result<()>>,
    _folder: TempDir,
    database: TestDatabase,
}

impl Api {
    /// On a migrated database, with keys and without Redis.
    pub async fn start() -> Self {
        Self::start_on(TestDatabase::migrated().await, |_| {}).await
    }

    /// On this database; differs from the usual in what `change` sets.
    pub async fn start_on(database: TestDatabase, change: impl FnOnce(&mut ApiConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = ApiConfig::default();
        config.database.url = SecretString::from(database.url());
        config.redis.url = SecretString::from("redis://127.0.0.1:1/0");
        config.artifacts.dir = folder.path().join("artifacts");
        config.artifacts.min_free_bytes = 0;
        config.readiness.interval = Duration::from_millis(50);
        change(&mut config);
        let context = Context::open(config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let admin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let admin_address = admin.local_addr().unwrap();
        let listeners = Listeners {
            public: listener,
            admin: Some(admin),
            health: None,
        };
        let stop = CancellationToken::new();
        let end = tokio::spawn(run(listeners, Arc::new(context.clone()), stop.clone()));
        let store = context.store.clone();
        Self {
            address,
            admin_address,
            context,
            store,
            stop,
            end,
            _folder: folder,
            database,
        }
    }

    pub async fn channel(&self) -> Channel {
        self.channel_to(Port::Public).await
    }

    /// A channel to a port.
    pub async fn channel_to(&self, port: Port) -> Channel {
        let address = match port {
            Port::Public => self.address,
            Port::Admin => self.admin_address,
        };
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// A channel to where something is served.
    pub async fn channel_of(&self, served: Served) -> Channel {
        match served {
            Served::On(port) => self.channel_to(port).await,
            Served::Everywhere => self.channel().await,
        }
    }

    /// A session of psql that holds what it is told to until it ends.
    pub fn psql(&self) -> tokio::process::Child {
        let mut psql = tokio::process::Command::new("psql");
        psql.args([self.database.url(), "-qXAt"]);
        psql.stdin(std::process::Stdio::piped()).kill_on_drop(true);
        psql.spawn().unwrap()
    }

    /// Runs SQL, for what no call of the store does.
    pub async fn sql(&self, text: &str) {
        let mut psql = tokio::process::Command::new("psql");
        psql.args([self.database.url(), "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text]);
        assert!(
            psql.status()
                .await
                .expect("psql is installed with the server")
                .success()
        );
    }

    /// How many changes of callers are written down.
    pub async fn audited(&self) -> usize {
        let filter = AuditFilter::default();
        self.store
            .list_audit_events(&filter, None, 10_000)
            .await
            .unwrap()
            .len()
    }

    /// A key, as its bearer sends it.
    pub async fn key(&self, project: &ProjectId, role: Role) -> String {
        self.key_until(project, role, None).await
    }

    /// A key that ends at a time.
    pub async fn key_until(&self, project: &ProjectId, role: Role, end: Option<DateTime<Utc>>) -> String {
        let (key, text) = ApiKeySecret::make();
        self.store.ensure_project(project).await.unwrap();
        let entry = NewApiKey {
            id: Uuid::now_v7(),
            short_id: key.short_id().to_owned(),
            secret_hash: key.hash(),
            display_name: "test".to_owned(),
            project: project.clone(),
            role,
            created_by: "test".to_owned(),
            expires_at: end,
        };
        self.store.create_api_key(&entry).await.unwrap();
        text
    }
}

/// The short part of a key.
pub fn short_id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

pub fn project(text: &str) -> ProjectId {
    text.parse().unwrap()
}

/// What `work` gives; panics when that takes too long.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("it takes too long")
}

/// Waits until `probe` holds.
pub async fn until<F: Future<Output = bool>>(what: &str, mut probe: impl FnMut() -> F) {
    let start = tokio::time::Instant::now();
    while !probe().await {
        assert!(start.elapsed() < PATIENCE, "gave up waiting: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
