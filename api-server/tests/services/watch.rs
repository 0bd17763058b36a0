//! WatchJob: the snapshot first, then every event once and in order, also after a broken stream.

use crate::house::{House, PARENT, fields, reason, train};
use crate::support::soon;
use mltraining_proto::v1;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use v1::job_event::Event;
use v1::job_service_client::JobServiceClient;

async fn watch(house: &House, name: &str, after: i64) -> Result<Streaming<v1::JobEvent>, Status> {
    let request = v1::WatchJobRequest {
        name: name.to_owned(),
        after_sequence: after,
    };
    house
        .jobs()
        .watch_job(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn next(stream: &mut Streaming<v1::JobEvent>) -> v1::JobEvent {
    soon(stream.message()).await.unwrap().expect("the stream goes on")
}

/// All messages until the stream ends by itself.
async fn rest(stream: &mut Streaming<v1::JobEvent>) -> Vec<v1::JobEvent> {
    let mut events = Vec::new();
    while let Some(event) = soon(stream.message()).await.unwrap() {
        events.push(event);
    }
    events
}

fn what(event: &v1::JobEvent) -> String {
    match event.event.as_ref().unwrap() {
        Event::Snapshot(job) => format!("snapshot {}", job.state().as_str_name()),
        Event::StateChange(change) => change.state().as_str_name().to_owned(),
        Event::Progress(progress) => progress.message.clone(),
        Event::Log(line) => line.message.clone(),
        Event::Heartbeat(_) => "heartbeat".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_the_snapshot_then_every_event_to_the_end() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let mut stream = watch(&house, &name, 0).await.unwrap();
    let snapshot = next(&mut stream).await;
    assert_eq!(
        (what(&snapshot).as_str(), snapshot.sequence),
        ("snapshot JOB_STATE_QUEUED", 0)
    );
    let lease = house.claim().await;
    for done in 1..=3 {
        house.progress(lease, done).await;
    }
    house.fail(lease).await;
    let events = rest(&mut stream).await;
    let seen: Vec<String> = events.iter().map(what).collect();
    let started = seen.iter().position(|text| text == "JOB_STATE_RUNNING").unwrap();
    let of_work = [
        "JOB_STATE_RUNNING",
        "tree 1 of 10",
        "tree 2 of 10",
        "tree 3 of 10",
        "JOB_STATE_FAILED",
    ];
    assert_eq!(seen[started..], of_work);
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    let Some(Event::StateChange(end)) = &events.last().unwrap().event else {
        panic!("the last message is the end")
    };
    let error = end.error.as_ref().unwrap();
    assert_eq!(
        (error.reason(), error.phase()),
        (v1::ErrorReason::TooFewRows, v1::WorkPhase::Split)
    );
    assert_eq!(error.message, "12 rows, 50 are needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_stream_goes_on_with_exactly_the_rest() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    for done in 1..=5 {
        house.progress(lease, done).await;
    }
    let mut whole = watch(&house, &name, 0).await.unwrap();
    next(&mut whole).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(next(&mut whole).await);
    }
    drop(whole);
    let last = seen.last().unwrap().sequence;
    house.progress(lease, 6).await;
    let mut resumed = watch(&house, &name, last).await.unwrap();
    let snapshot = next(&mut resumed).await;
    assert_eq!(
        (what(&snapshot).as_str(), snapshot.sequence),
        ("snapshot JOB_STATE_RUNNING", last)
    );
    house.progress(lease, 7).await;
    house.fail(lease).await;
    seen.extend(rest(&mut resumed).await);
    let sequences: Vec<i64> = seen.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    assert_eq!(what(seen.last().unwrap()), "JOB_STATE_FAILED");

    let mut ended = watch(&house, &name, *sequences.last().unwrap()).await.unwrap();
    let after_the_end: Vec<String> = rest(&mut ended).await.iter().map(what).collect();
    assert_eq!(after_the_end, ["snapshot JOB_STATE_FAILED"]);
    let mut again = watch(&house, &name, 0).await.unwrap();
    assert_eq!(rest(&mut again).await.len(), sequences.len() + 1);
}

/// Reads a stream to its end and gives the sequences of its events.
async fn sequences(mut client: JobServiceClient<Channel>, name: String) -> Vec<i64> {
    let request = v1::WatchJobRequest {
        name,
        after_sequence: 0,
    };
    let mut stream = client.watch_job(request).await.unwrap().into_inner();
    let events = rest(&mut stream).await;
    let told = |event: &&v1::JobEvent| !matches!(event.event, Some(Event::Snapshot(_) | Event::Heartbeat(_)));
    events.iter().filter(told).map(|event| event.sequence).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_that_come_in_the_middle_of_it_miss_nothing() {
    const JOBS: usize = 6;
    const STEPS: u64 = 20;
    let house = Arc::new(House::with_bars().await);
    house.sql("update project set max_running = 100");
    let mut leases = Vec::new();
    for _ in 0..JOBS {
        house.train().await;
        leases.push(house.claim().await);
    }
    let (mut watchers, mut work) = (JoinSet::new(), JoinSet::new());
    for lease in leases {
        let name = format!("{PARENT}/jobs/{}", lease.job);
        let worker = Arc::clone(&house);
        let (come, mut news) = tokio::sync::mpsc::channel(1);
        work.spawn(async move {
            for done in 1..=STEPS {
                worker.progress(lease, done).await;
                if done % 5 == 0 {
                    come.send(()).await.unwrap();
                }
            }
            worker.fail(lease).await;
        });
        let house = Arc::clone(&house);
        watchers.spawn(async move {
            let mut seen = JoinSet::new();
            while let Some(()) = news.recv().await {
                seen.spawn(sequences(house.jobs(), name.clone()));
            }
            seen.join_all().await
        });
    }
    soon(work.join_all()).await;
    let seen: Vec<Vec<i64>> = soon(watchers.join_all()).await.into_iter().flatten().collect();
    assert_eq!(seen.len(), JOBS * 4);
    for sequences in seen {
        // Making, claim and end are events as well.
        assert!(sequences.len() as u64 > STEPS);
        assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_gets_every_event_all_the_same() {
    const LINES: i64 = 4000;
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    let (mut slow, mut quick) = (
        watch(&house, &name, 0).await.unwrap(),
        watch(&house, &name, 0).await.unwrap(),
    );
    for stream in [&mut slow, &mut quick] {
        next(stream).await;
    }
    house.sql(&format!(
        "with j as (update job set event_seq = event_seq + {LINES} returning id, event_seq - {LINES} as before)
         insert into job_event (job_id, seq, lease_epoch, kind, payload)
         select id, before + n, 1, 'log', jsonb_build_object('severity', 'INFO', 'message', repeat('x', 4000))
         from j, generate_series(1, {LINES}) n"
    ));
    house.fail(lease).await;
    // When one has read all of it, what waits for the other has long been given up.
    let read = rest(&mut quick).await.len();
    let late: Vec<i64> = rest(&mut slow).await.iter().map(|event| event.sequence).collect();
    assert_eq!(late, (1..=late.len() as i64).collect::<Vec<_>>());
    assert!(
        late.len() == read && read as i64 > LINES,
        "{} and {read}",
        late.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_began_after_a_retry_goes_past_the_old_end() {
    let house = House::with_bars().await;
    let name = house.train().await;
    house.fail(house.claim().await).await;
    house.retry(&name).await.unwrap();
    let mut stream = watch(&house, &name, 0).await.unwrap();
    let snapshot = next(&mut stream).await;
    assert_eq!(what(&snapshot), "snapshot JOB_STATE_QUEUED");
    let Some(Event::Snapshot(job)) = snapshot.event else {
        panic!("a snapshot")
    };
    assert_eq!(job.jobs_ahead, Some(0));
    let waiting = v1::WaitJobRequest {
        name: name.clone(),
        timeout: crate::house::seconds(30),
    };
    let mut client = house.jobs();
    let waiting = tokio::spawn(async move { client.wait_job(waiting).await.unwrap().into_inner() });
    let again = house.claim().await;
    house.progress(again, 1).await;
    house.fail(again).await;
    let events = rest(&mut stream).await;
    let seen: Vec<String> = events.iter().map(what).collect();
    let expected =
        ["QUEUED", "RUNNING", "FAILED", "QUEUED", "RUNNING"].map(|state| format!("JOB_STATE_{state}"));
    assert_eq!(seen[..5], expected);
    assert_eq!(seen[5..], ["tree 1 of 10", "JOB_STATE_FAILED"]);
    assert_eq!(waiting.await.unwrap().attempt, 2, "the old end wakes no waiter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_seen_by_watchers() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    let mut stream = watch(&house, &name, 0).await.unwrap();
    let request = v1::CancelJobRequest {
        name: name.clone(),
        reason: "wrong range".to_owned(),
        ..v1::CancelJobRequest::default()
    };
    house.jobs().cancel_job(request).await.unwrap();
    house.api.store.release_job(lease).await.unwrap();
    let events = rest(&mut stream).await;
    let displayed: Vec<i32> = events
        .iter()
        .filter_map(|event| match &event.event {
            Some(Event::StateChange(change)) => Some(change.display_state),
            _ => None,
        })
        .collect();
    let cancelling: i32 = v1::JobDisplayState::Cancelling.into();
    let cancelled: i32 = v1::JobDisplayState::Cancelled.into();
    assert_eq!(
        displayed[displayed.len() - 2..],
        [cancelling, cancelled],
        "{displayed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_of_what_is_not_there_is_refused_before_it_begins() {
    let house = House::with_bars().await;
    let none = format!("{PARENT}/jobs/01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(watch(&house, &none, 0).await.unwrap_err().code(), Code::NotFound);
    let name = house.train().await;
    for after in [-1, 1_000] {
        let refused = watch(&house, &name, after).await.unwrap_err();
        assert_eq!(fields(&refused), ["after_sequence"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_has_only_so_many_open_watches_and_gets_them_back() {
    let house = House::with(|config| config.server.max_watches_per_caller = 2).await;
    house.make_bars();
    house
        .catalog()
        .create_source(crate::house::create_bars())
        .await
        .unwrap();
    let name = house.train().await;
    let (mut first, mut second) = (
        watch(&house, &name, 0).await.unwrap(),
        watch(&house, &name, 0).await.unwrap(),
    );
    next(&mut first).await;
    next(&mut second).await;
    let third = watch(&house, &name, 0).await.unwrap_err();
    assert_eq!(
        (third.code(), reason(&third).as_str()),
        (Code::ResourceExhausted, "QUOTA_EXCEEDED")
    );
    drop(first);
    crate::support::until("a watch is free again", || async {
        watch(&house, &name, 0).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_its_watches_so_that_they_can_be_resumed() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let mut stream = watch(&house, &name, 0).await.unwrap();
    next(&mut stream).await;
    house.api.stop.cancel();
    let end = loop {
        match soon(stream.message()).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the job has not ended"),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (end.code(), reason(&end).as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_statement_looks_for_the_events_of_all_watched_jobs() {
    let house = House::with_bars().await;
    if house.sql("select current_setting('shared_preload_libraries') like '%pg_stat_statements%'") != "t" {
        eprintln!("skipped: the server has no pg_stat_statements");
        return;
    }
    house.sql("create extension pg_stat_statements");
    let mut streams = Vec::new();
    for _ in 0..20 {
        let request = v1::TrainModelRequest {
            labels: [("n".to_owned(), streams.len().to_string())].into(),
            ..train()
        };
        let name = house
            .training()
            .train_model(request)
            .await
            .unwrap()
            .into_inner()
            .name;
        let mut stream = watch(&house, &name, 0).await.unwrap();
        next(&mut stream).await;
        // The event of its making.
        next(&mut stream).await;
        streams.push(stream);
    }
    let calls = || {
        let count =
            "select coalesce(sum(calls), 0) from pg_stat_statements s join pg_database d on d.oid = s.dbid
            where d.datname = current_database() and query ~ 'poll_events'";
        house.sql(count).parse::<u64>().unwrap()
    };
    let before = calls();
    let mut jobs = BTreeSet::new();
    house.sql("update project set max_running = 100");
    for _ in 0..20 {
        let lease = house.claim().await;
        jobs.insert(lease.job);
    }
    for stream in &mut streams {
        assert_eq!(what(&next(stream).await), "JOB_STATE_RUNNING");
    }
    assert_eq!(jobs.len(), 20);
    // 20 claims take a moment, in which the poller looks a few times; a look for each watcher would be 20 at a time.
    let looked = calls() - before;
    assert!(looked > 0 && looked < 20, "{looked} polls");
}
