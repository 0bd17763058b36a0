//! A database for one test, made and dropped with it. Only with the feature `test-support`.
#![allow(clippy::unwrap_used)]

use crate::{Store, StoreConfig};
use sqlx::migrate::MigrateDatabase;
use std::time::Duration;
use uuid::Uuid;

/// A database of its own on the server of `DATABASE_URL`; dropped when the value goes out of scope, whoever still uses it.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
}

impl TestDatabase {
    /// A database with all migrations.
    ///
    /// # Panics
    /// When `DATABASE_URL` is absent or its server does not let us make a database.
    pub async fn migrated() -> Self {
        let database = Self::empty().await;
        let store = database.store().await;
        store
            .migrate_up()
            .await
            .expect("the migrations run on an empty database");
        store.close().await;
        database
    }

    /// A database without tables.
    ///
    /// # Panics
    /// As [`migrated`](Self::migrated).
    pub async fn empty() -> Self {
        let server = std::env::var("DATABASE_URL").expect(
            "DATABASE_URL is not set: run the tests with ./dev test, which starts a private Postgres",
        );
        let name = format!("mlts_test_{}", Uuid::now_v7().simple());
        let url = with_database(&server, &name);
        sqlx::Postgres::create_database(&url)
            .await
            .unwrap_or_else(|error| panic!("cannot make a database on the server of DATABASE_URL: {error}"));
        Self { url }
    }

    /// Its URL, for processes and for connections of the test's own.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A store on it, with few connections.
    ///
    /// # Panics
    /// When it cannot be reached.
    pub async fn store(&self) -> Store {
        let config = StoreConfig {
            max_connections: 20,
            acquire_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(60),
            statement_timeout: Duration::from_secs(60),
            ..StoreConfig::new(&self.url, "test")
        };
        Store::connect(&config).await.expect("the database was just made")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let url = self.url.clone();
        // Drop is not async, and the test's own runtime may be on its way out.
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(sqlx::Postgres::force_drop_database(&url))
        });
        if let Ok(Err(error)) = dropper.join() {
            tracing::warn!(%error, "the test's database stays behind");
        }
    }
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url
        .split_once('?')
        .map_or((url, None), |(base, query)| (base, Some(query)));
    let (server, _) = base.rsplit_once('/').unwrap_or((base, ""));
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{server}/{name}{query}")
}
