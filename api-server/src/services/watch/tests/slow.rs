//! Clients that do not read for a while, and a project in which nothing happens; with a database.

use super::super::{
    Feed, Follow, Hub, LogTail, MessageStream, ProjectWatcher, ResumeScope, Watcher, channel,
};
use super::{cache, until};
use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::services::call::Call;
use mltraining_domain::{JobId, ProjectId};
use mltraining_proto::v1;
use mltraining_store::Store;
use mltraining_store::jobs::{Job, JobFilter, JobView, LogFilter};
use mltraining_store::testing::TestDatabase;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use v1::watch_jobs_response::Event;

/// More than any backlog holds.
const LINES: i64 = 2_000;
/// Nobody waits so long.
pub(super) const NEVER: Duration = Duration::from_secs(3600);
pub(super) const ID: JobId = JobId(Uuid::from_u128(7));

fn sql(database: &TestDatabase, text: &str) {
    let arguments = [database.url(), "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text];
    let out = Command::new("psql").args(arguments).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// A job that waits, with its first event.
pub(super) async fn make_job(database: &TestDatabase, store: &Store) -> Job {
    sql(
        database,
        &format!(
            "insert into job (id, project, queue, kind, spec, spec_version, created_by, event_seq)
               values ('{ID}', 'default', 'default', 'PROBE', '{{\"steps\": []}}', 1, 'test', 1);
             insert into job_event (job_id, seq, lease_epoch, kind, payload)
               values ('{ID}', 1, 0, 'state', '{{\"state\": \"QUEUED\"}}')"
        ),
    );
    let project = ProjectId::default_project();
    store.job(&project, ID, JobView::Basic).await.unwrap()
}

/// Lets the job say so much that its last event is `last`.
pub(super) fn say(database: &TestDatabase, last: i64) {
    sql(
        database,
        &format!(
            "begin;
             insert into job_event (job_id, seq, lease_epoch, kind, payload)
               select '{ID}', n, 0, 'log', '{{\"severity\": \"INFO\", \"message\": \"x\"}}'
                 from job, generate_series(event_seq + 1, {last}) n where id = '{ID}';
             update job set event_seq = {last} where id = '{ID}';
             commit"
        ),
    );
}

async fn recv<T>(stream: &mut MessageStream<T>) -> T {
    let message = tokio::time::timeout(Duration::from_secs(60), stream.recv()).await;
    message.unwrap().expect("the stream goes on").unwrap()
}

/// Starts a watcher of the default project whose client takes one message at a time.
async fn watch(store: &Store, feed: &Arc<Feed>, heartbeat: Duration) -> MessageStream<v1::WatchJobsResponse> {
    let project = ProjectId::default_project();
    let call = Call {
        project: project.clone(),
        caller: Caller::local(),
        deadline: Deadline::after(Duration::from_secs(60)),
        store: store.clone(),
        cache: cache(),
        request_id: None,
    };
    let (messages, stream) = channel(1);
    let (filter, scope) = (Some(JobFilter::default()), ResumeScope::new(&project, ""));
    let feed = feed.subscribe(&project);
    let watcher = ProjectWatcher::begin(&call, feed, filter, scope, None, messages).await;
    tokio::spawn(watcher.unwrap().run(heartbeat));
    stream
}

#[tokio::test]
async fn a_silent_watch_of_a_project_says_that_it_lives_and_up_to_when_it_has_told_all() {
    let database = TestDatabase::migrated().await;
    let store = database.store().await;
    let feed = Feed::new(store.clone(), cache(), CancellationToken::new(), NEVER);
    let mut stream = watch(&store, &feed, Duration::from_millis(1)).await;
    let snapshot = recv(&mut stream).await;
    assert!(matches!(snapshot.event, Some(Event::Snapshot(_))));
    loop {
        let message = recv(&mut stream).await;
        assert_eq!(message.event, Some(Event::Heartbeat(v1::Heartbeat {})));
        if message.resume_token != snapshot.resume_token {
            break;
        }
    }
    drop(stream);
    until("the poller ends", || !feed.polls()).await;
}

#[tokio::test]
async fn a_watcher_of_a_project_that_lags_behind_misses_nothing_and_gets_nothing_twice() {
    let database = TestDatabase::migrated().await;
    let store = database.store().await;
    make_job(&database, &store).await;
    let stop = CancellationToken::new();
    let feed = Feed::new(store.clone(), cache(), stop, Duration::from_secs(30)).with_backlog(2);
    let mut stream = watch(&store, &feed, NEVER).await;
    let snapshot = recv(&mut stream).await;
    assert!(matches!(snapshot.event, Some(Event::Snapshot(_))));
    say(&database, LINES);
    let said = store.now().await.unwrap();
    let quick = feed.subscribe(&ProjectId::default_project());
    until("the poller has passed it all on", || {
        quick.position().is_some_and(|at| at > said)
    })
    .await;
    for seq in 2..=LINES + 1 {
        if seq == LINES {
            say(&database, LINES + 1);
        }
        let message = recv(&mut stream).await;
        let Some(Event::JobEvent(watched)) = message.event else {
            panic!("{message:?} is no event of a job")
        };
        assert_eq!(watched.event.unwrap().sequence, seq);
    }
}

#[tokio::test]
async fn a_watcher_of_a_job_and_a_reader_of_its_log_that_lag_behind_miss_nothing() {
    let database = TestDatabase::migrated().await;
    let store = database.store().await;
    let seen = make_job(&database, &store).await;
    let hub = Hub::new(store.clone(), CancellationToken::new());
    let (messages, mut events) = channel(1);
    let watcher = Watcher {
        store: store.clone(),
        cache: cache(),
        sent: 1,
        events: hub.subscribe(ID),
        seen: seen.clone(),
        heartbeat: NEVER,
        messages,
    };
    tokio::spawn(watcher.run(v1::Job::default()));
    let (messages, mut lines) = channel(1);
    let tail = LogTail {
        store: store.clone(),
        cache: cache(),
        filter: LogFilter::default(),
        follow: Follow::ToTheEnd,
        sent: 1,
        events: hub.subscribe(ID),
        seen,
        heartbeat: NEVER,
        told: Instant::now(),
        messages,
    };
    tokio::spawn(tail.run(v1::Job::default()));
    recv(&mut events).await;
    recv(&mut lines).await;
    say(&database, LINES);
    until("the poller has passed it all on", || hub.sent(ID) == Some(LINES)).await;
    for seq in 2..=LINES {
        assert_eq!(recv(&mut events).await.sequence, seq);
        assert_eq!(recv(&mut lines).await.sequence, seq);
    }
}
