//! A password that is changed while a store uses it.
#![allow(clippy::unwrap_used)]

use mltraining_store::testing::TestDatabase;
use mltraining_store::{Store, StoreConfig, StoreError};
use sqlx::PgPool;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// A login of its own, whose password can be changed.
struct Role {
    name: String,
    sql: PgPool,
    database: TestDatabase,
}

impl Role {
    async fn make() -> Self {
        let database = TestDatabase::empty().await;
        let sql = PgPool::connect(database.url()).await.unwrap();
        let role = Self {
            name: format!("mltest_login_{}", Uuid::new_v4().simple()),
            sql,
            database,
        };
        role.run(&format!("create role {} login password 'one'", role.name))
            .await;
        role
    }

    async fn run(&self, text: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))
            .execute(&self.sql)
            .await
            .unwrap();
    }

    /// Its URL with this password.
    fn url(&self, password: &str) -> String {
        let (scheme, rest) = self.database.url().split_once("://").unwrap();
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        format!("{scheme}://{}:{password}@{place}", self.name)
    }

    /// Changes the password and closes what was opened with the one before.
    async fn change_to(&self, password: &str) {
        self.run(&format!("alter role {} password '{password}'", self.name))
            .await;
        self.run(&format!(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '{}'",
            self.name
        ))
        .await;
    }

    async fn drop(self) {
        self.run(&format!("drop role {}", self.name)).await;
    }
}

/// What the store says once it knows that its connections are gone.
async fn answer(store: &Store) -> Result<(), StoreError> {
    let first = store.ping().await;
    match first {
        Ok(()) => first,
        // A connection that died says so once, without a login.
        Err(_) => store.ping().await,
    }
}

fn is_refused(answer: &Result<(), StoreError>) -> bool {
    matches!(answer, Err(error @ StoreError::Unavailable { .. }) if format!("{error:?}").contains("28P01"))
}

#[tokio::test]
async fn a_new_password_is_read_when_the_old_one_is_refused_and_a_store_without_a_source_stays_out() {
    let role = Role::make().await;
    let written = Arc::new(Mutex::new(Ok(role.url("one"))));
    let read = Arc::clone(&written);
    let with_source = StoreConfig {
        acquire_timeout: Duration::from_secs(30),
        call_timeout: Duration::from_secs(60),
        url_source: Some(Arc::new(move || read.lock().unwrap().clone())),
        ..StoreConfig::new(role.url("one"), "test")
    };
    let without = StoreConfig {
        url_source: None,
        ..with_source.clone()
    };
    let (store, fixed) = (Store::open(&with_source).unwrap(), Store::open(&without).unwrap());
    let shown = format!("{store:?}");
    assert!(!shown.contains("one@"), "{shown}");
    store.ping().await.unwrap();
    fixed.ping().await.unwrap();

    role.change_to("two").await;
    let refused = answer(&store).await;
    assert!(is_refused(&refused), "the file says the old one: {refused:?}");
    for unusable in [Err("it cannot be read".to_owned()), Ok("no URL".to_owned())] {
        *written.lock().unwrap() = unusable;
        let refused = answer(&store).await;
        assert!(is_refused(&refused), "{refused:?}");
    }
    *written.lock().unwrap() = Ok(role.url("two"));
    // All at once: none of them is refused because another one has read the file.
    let calls = (0..20).map(|_| store.ping());
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    let refused = answer(&fixed).await;
    assert!(is_refused(&refused), "{refused:?}");

    store.close().await;
    fixed.close().await;
    role.drop().await;
}
