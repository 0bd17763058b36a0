//! Jobs that are told to have new events, with a database and without another poll.

use super::super::{Hub, Subscription};
use super::slow::{ID, NEVER, make_job, say};
use mltraining_store::testing::TestDatabase;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(30);

/// A job, and a watcher of it that has not looked yet, of a hub that polls once.
async fn watched() -> (TestDatabase, Arc<Hub>, Subscription) {
    let database = TestDatabase::migrated().await;
    let store = database.store().await;
    make_job(&database, &store).await;
    let hub = Hub::new(store, CancellationToken::new()).with_interval(NEVER);
    let events = hub.subscribe(ID);
    (database, hub, events)
}

#[tokio::test]
async fn a_job_that_is_told_to_have_events_is_looked_at_before_the_next_poll() {
    let (database, hub, mut events) = watched().await;
    events.looked_up_to(1);
    // The first may be found by the poll that begins with the watcher.
    for last in 2..=4 {
        say(&database, last);
        hub.told_of(ID);
        let event = timeout(PATIENCE, events.next()).await;
        assert_eq!(event.expect("it is looked at").seq, last);
    }
}

#[tokio::test]
async fn what_is_told_while_a_watcher_takes_its_look_is_not_forgotten() {
    let (database, hub, mut events) = watched().await;
    // The poll that begins with the watcher finds nobody who has looked, so it asks nothing and is over.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    say(&database, 2);
    hub.told_of(ID);
    events.looked_up_to(1);
    let event = timeout(PATIENCE, events.next()).await;
    assert_eq!(event.expect("it is looked at").seq, 2);
}
