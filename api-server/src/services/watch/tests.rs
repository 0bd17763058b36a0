//! Watching without a database: what is sent while nothing happens.
#![allow(clippy::unwrap_used)]

mod slow;
mod told;

use super::{Feed, Follow, Hub, LogTail, Watcher, channel};
use crate::cache::Cache;
use mltraining_domain::{Epoch, JobId, JobKind, JobState, Priority, ProjectId, Span};
use mltraining_proto::v1;
use mltraining_runtime::config::CacheConfig;
use mltraining_signal::{Limits, Signal};
use mltraining_store::jobs::{Job, LogFilter};
use mltraining_store::{Store, StoreConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use v1::job_event::Event;
use v1::tail_job_logs_response::Event as Told;

/// One that never answers.
fn store() -> Store {
    Store::open(&StoreConfig::new("postgres://nobody@127.0.0.1:1/none", "test")).unwrap()
}

fn cache() -> Cache {
    let signal = Signal::connect(&"redis://127.0.0.1:1/0".into(), "test", Limits::default());
    Cache::new(&CacheConfig::default(), signal.unwrap())
}

fn hub() -> Arc<Hub> {
    Hub::new(store(), CancellationToken::new())
}

fn job(event_seq: i64) -> Job {
    let at = chrono::DateTime::UNIX_EPOCH;
    Job {
        id: JobId(Uuid::from_u128(7)),
        project: ProjectId::default_project(),
        queue: "default".to_owned(),
        kind: JobKind::Train,
        spec: None,
        spec_version: 1,
        model: None,
        source: None,
        idempotency_key: None,
        request_id: None,
        traceparent: None,
        created_by: "test".to_owned(),
        created_at: at,
        labels: [].into(),
        state: JobState::Running,
        scheduled: false,
        priority: Priority::DEFAULT,
        run_at: at,
        revision: 1,
        event_seq,
        epoch: Epoch(1),
        worker: None,
        started_at: None,
        timeout: Span::from_secs(60),
        deadline_at: None,
        cancel: None,
        progress: None,
        progress_at: None,
        error: None,
        result: None,
        finished_at: None,
    }
}

/// Waits until `probe` holds.
async fn until(what: &str, probe: impl Fn() -> bool) {
    let patience = async {
        while !probe() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), patience).await;
    waited.unwrap_or_else(|_| panic!("gave up waiting: {what}"));
}

#[tokio::test]
async fn a_silent_watch_says_again_and_again_that_it_lives() {
    let hub = hub();
    let (messages, mut stream) = channel(4);
    let watcher = Watcher {
        store: store(),
        cache: cache(),
        events: hub.subscribe(job(3).id),
        seen: job(3),
        sent: 3,
        heartbeat: Duration::from_millis(1),
        messages,
    };
    let running = tokio::spawn(watcher.run(v1::Job::default()));
    let snapshot = stream.recv().await.unwrap().unwrap();
    assert!(matches!(snapshot.event, Some(Event::Snapshot(_))));
    for _ in 0..3 {
        let message = stream.recv().await.unwrap().unwrap();
        assert_eq!(message.event, Some(Event::Heartbeat(v1::Heartbeat {})));
        assert_eq!(message.sequence, 3);
    }
    drop(stream);
    running.await.unwrap();
    assert!(
        !hub.watches(job(3).id),
        "a watcher whose client has gone is still there"
    );
}

#[tokio::test]
async fn a_silent_tail_says_again_and_again_that_it_lives() {
    let (messages, mut stream) = channel(4);
    let tail = LogTail {
        store: store(),
        cache: cache(),
        filter: LogFilter::default(),
        follow: Follow::ToTheEnd,
        sent: 3,
        events: hub().subscribe(job(3).id),
        seen: job(3),
        heartbeat: Duration::from_millis(1),
        told: Instant::now(),
        messages,
    };
    let running = tokio::spawn(tail.run(v1::Job::default()));
    let snapshot = stream.recv().await.unwrap().unwrap();
    assert!(matches!(snapshot.event, Some(Told::Snapshot(_))));
    for _ in 0..3 {
        let message = stream.recv().await.unwrap().unwrap();
        assert_eq!(message.event, Some(Told::Heartbeat(v1::Heartbeat {})));
        assert_eq!(message.sequence, 3);
    }
    drop(stream);
    running.await.unwrap();
}

#[tokio::test]
async fn a_look_that_panics_is_one_that_failed() {
    let looked = super::hub::survive(async {
        assert!(store().pool_use().max > 1_000_000, "a fault");
        Ok(())
    });
    assert!(looked.await.is_err());
}

#[tokio::test]
async fn the_poller_ends_with_the_last_watcher_and_begins_anew_with_the_next() {
    let hub = hub();
    for _ in 0..2 {
        let (first, second) = (hub.subscribe(job(1).id), hub.subscribe(job(1).id));
        drop(first);
        assert!(hub.polls());
        drop(second);
        until("the poller ends", || !hub.polls()).await;
    }
}

#[tokio::test]
async fn the_poller_of_projects_ends_with_its_last_watcher_and_begins_anew_with_the_next() {
    let feed = Feed::new(
        store(),
        cache(),
        CancellationToken::new(),
        Duration::from_secs(30),
    );
    let project = ProjectId::default_project();
    for _ in 0..2 {
        let (first, second) = (feed.subscribe(&project), feed.subscribe(&project));
        drop(first);
        assert!(feed.polls());
        drop(second);
        until("the poller ends", || !feed.polls()).await;
    }
}
