//! A call that is cut short does not go on in Postgres.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_store::{Store, StoreConfig, StoreError};
use std::time::{Duration, Instant};
use support::{Fixture, Wish};

#[tokio::test]
async fn a_statement_ends_soon_after_the_call_that_made_it_was_cut_short() {
    let fixture = Fixture::new().await;
    let job = fixture.create(&Wish::default()).await.id;
    let sql = fixture.sql().await;
    let mut holder = sql.begin().await.unwrap();
    let lock = sqlx::query("select 1 from job for update");
    lock.execute(&mut *holder).await.unwrap();

    let mut config = StoreConfig::new(fixture.database.url(), "impatient");
    config.statement_timeout = Duration::from_secs(3600);
    let impatient = Store::open(&config)
        .unwrap()
        .with_call_timeout(Duration::from_millis(300));
    let cut = impatient.cancel_job(&fixture.project, job, "ann", "", None).await;
    assert!(matches!(cut, Err(StoreError::Timeout { .. })), "{cut:?}");

    let left = "select exists (select from pg_stat_activity where application_name = 'impatient' and state = 'active')";
    let deadline = Instant::now() + Duration::from_secs(60);
    while sqlx::query_scalar::<_, bool>(left).fetch_one(&sql).await.unwrap() {
        assert!(
            Instant::now() < deadline,
            "the statement still waits for its lock"
        );
        tokio::task::yield_now().await;
    }
    holder.rollback().await.unwrap();
}
