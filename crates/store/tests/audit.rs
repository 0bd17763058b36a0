//! Audit rows are never changed, and removed only when they are old.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_store::audit::{Actor, AuditFilter, AuditOutcome};
use mltraining_store::queues::DEFAULT_QUEUE;
use std::time::Duration;
use support::Fixture;

const DAY: Duration = Duration::from_secs(86_400);

async fn run(fixture: &Fixture, sql: &'static str) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(sql).execute(&fixture.sql().await).await?;
    Ok(done.rows_affected())
}

async fn with_rows() -> Fixture {
    let fixture = Fixture::new().await;
    let old = "insert into audit_event (created_at, caller_key, method, resource, outcome)
               select now() - n * interval '1 day', 'k', 'm', 'r', 'CHANGED' from unnest(array[5, 29, 31, 50, 100]) n";
    assert_eq!(run(&fixture, old).await.unwrap(), 5);
    fixture
}

#[tokio::test]
async fn nobody_changes_a_row_or_removes_a_young_one() {
    let fixture = with_rows().await;
    for refused in [
        "update audit_event set caller_key = 'other'",
        "update audit_event set created_at = now() - interval '1 year'",
        "delete from audit_event",
        "delete from audit_event where created_at > now() - interval '30 days'",
        "truncate audit_event",
    ] {
        let error = run(&fixture, refused).await.unwrap_err();
        let rule = error.as_database_error().and_then(|error| error.constraint());
        assert_eq!(rule, Some("audit_event_append_only"), "{refused}: {error}");
    }
    let old = "delete from audit_event where created_at < now() - interval '60 days'";
    assert_eq!(run(&fixture, old).await.unwrap(), 1);
}

#[tokio::test]
async fn retention_removes_the_oldest_first_and_no_young_one_whatever_it_is_told() {
    let fixture = with_rows().await;
    let store = &fixture.store;
    assert_eq!(store.remove_audit_events(40 * DAY, 1).await.unwrap(), 1);
    assert_eq!(store.remove_audit_events(40 * DAY, 10).await.unwrap(), 1);
    assert_eq!(store.remove_audit_events(40 * DAY, 10).await.unwrap(), 0);
    store.remove_audit_events(DAY, 10).await.unwrap_err();
    assert_eq!(store.remove_audit_events(30 * DAY, 10).await.unwrap(), 1);
    let left = store.list_audit_events(&AuditFilter::default(), None, 10).await;
    assert_eq!(left.unwrap().len(), 2);
}

#[tokio::test]
async fn a_store_writes_for_whom_it_acts_and_nothing_when_it_acts_for_nobody() {
    let fixture = Fixture::new().await;
    fixture.store.pause_queue(DEFAULT_QUEUE).await.unwrap();
    let acting = fixture.store.acting_for(Actor::cli("api-server test"));
    acting.pause_queue(DEFAULT_QUEUE).await.unwrap();
    acting.resume_queue(DEFAULT_QUEUE).await.unwrap();
    let rows = fixture
        .store
        .list_audit_events(&AuditFilter::default(), None, 10)
        .await
        .unwrap();
    let [row] = &rows[..] else {
        panic!("the second pause changed nothing: {rows:?}")
    };
    assert_eq!(
        (row.resource.as_str(), row.outcome),
        ("queues/default", AuditOutcome::Changed)
    );
    assert_eq!(
        (row.caller_key.as_str(), row.method.as_str()),
        ("cli", "api-server test")
    );
    assert_eq!((row.caller_role, &row.project, &row.peer), (None, &None, &None));
}
