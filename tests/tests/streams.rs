//! Streams outlive the server: a real API server is stopped, killed and started again, and nobody misses an event.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use mltraining_tests::{data, wait};
use pb::watch_jobs_response::Event;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tonic::Code;

/// A stream breaks with this when its server goes; anything else is a fault.
fn is_break(status: &tonic::Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled
    )
}

/// Events of one job by WatchJob, across breaks: the sequences as they came, and how often the stream was opened.
async fn follow(caller: Caller, name: String, begun: Arc<Notify>) -> (Vec<i64>, usize) {
    let (mut seen, mut opened) = (Vec::new(), 0);
    loop {
        let request = pb::WatchJobRequest {
            name: name.clone(),
            after_sequence: seen.last().copied().unwrap_or(0),
        };
        let Ok(stream) = caller.jobs.clone().watch_job(request).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        opened += 1;
        let mut stream = stream.into_inner();
        let first = match stream.message().await {
            Ok(first) => first.expect("a stream begins with a snapshot"),
            // It broke before it began; asked once more, such a stream looks like one that has ended.
            Err(status) => {
                assert!(is_break(&status), "{status:?}");
                continue;
            }
        };
        assert!(
            matches!(first.event, Some(pb::job_event::Event::Snapshot(_))),
            "{first:?}"
        );
        begun.notify_one();
        loop {
            match stream.message().await {
                Ok(Some(event)) if matches!(event.event, Some(pb::job_event::Event::Heartbeat(_))) => {}
                Ok(Some(event)) => seen.push(event.sequence),
                Ok(None) => return (seen, opened),
                Err(status) => {
                    assert!(is_break(&status), "{status:?}");
                    break;
                }
            }
        }
    }
}

/// Sequences of every job by WatchJobs, across breaks, until `jobs` of them are CANCELLED; and how often the stream was opened.
async fn follow_all(caller: Caller, jobs: usize, begun: Arc<Notify>) -> (BTreeMap<String, Vec<i64>>, usize) {
    let (mut seen, mut opened, mut token) = (BTreeMap::<String, Vec<i64>>::new(), 0, String::new());
    let mut ended = 0;
    while ended < jobs {
        let request = pb::WatchJobsRequest {
            resume_token: token.clone(),
            ..pb::WatchJobsRequest::default()
        };
        let Ok(stream) = caller.jobs.clone().watch_jobs(request).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        opened += 1;
        let mut stream = stream.into_inner();
        while ended < jobs {
            let message = match stream.message().await {
                Ok(message) => message.expect("it has no end of its own"),
                Err(status) => {
                    assert!(is_break(&status), "{status:?}");
                    break;
                }
            };
            if !message.resume_token.is_empty() {
                token = message.resume_token;
            }
            if matches!(&message.event, Some(Event::Snapshot(part)) if part.complete) {
                begun.notify_one();
            }
            if let Some(Event::JobEvent(watched)) = message.event {
                let event = watched.event.unwrap();
                let sequences = seen.entry(watched.job).or_default();
                if sequences.last().is_none_or(|last| event.sequence > *last) {
                    sequences.push(event.sequence);
                    let is_end = |change: &pb::JobStateChange| change.state() == pb::JobState::Cancelled;
                    ended += usize::from(matches!(&event.event,
                        Some(pb::job_event::Event::StateChange(change)) if is_end(change)));
                }
            }
        }
    }
    (seen, opened)
}

/// Numbers of the lines of one job's log by TailJobLogs, across breaks, until it has ended; and how often the stream was opened.
async fn follow_log(caller: Caller, name: String, begun: Arc<Notify>) -> (Vec<i64>, usize) {
    let (mut seen, mut opened, mut last) = (Vec::new(), 0, 0);
    loop {
        let request = pb::TailJobLogsRequest {
            name: name.clone(),
            follow: true,
            after_sequence: last,
            ..pb::TailJobLogsRequest::default()
        };
        let Ok(stream) = caller.jobs.clone().tail_job_logs(request).await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        opened += 1;
        let mut stream = stream.into_inner();
        loop {
            let message = match stream.message().await {
                Ok(message) => message.expect("it ends with its last message"),
                Err(status) => {
                    assert!(is_break(&status), "{status:?}");
                    break;
                }
            };
            last = message.sequence.max(last);
            match message.event {
                Some(pb::tail_job_logs_response::Event::Snapshot(_)) => begun.notify_one(),
                Some(pb::tail_job_logs_response::Event::Log(_)) => seen.push(message.sequence),
                Some(pb::tail_job_logs_response::Event::End(_)) => return (seen, opened),
                _ => {}
            }
        }
    }
}

/// Lets every job that has not ended say 40 things.
const TALK: &str = "
    WITH j AS (UPDATE job SET event_seq = event_seq + 40 WHERE finished_at IS NULL RETURNING id, event_seq - 40 AS before)
    INSERT INTO job_event (job_id, seq, lease_epoch, kind, payload)
    SELECT id, before + n, 0, 'log', jsonb_build_object('severity', 'INFO', 'message', 'line ' || n)
    FROM j, generate_series(1, 40) n";

#[tokio::test(flavor = "multi_thread")]
async fn watchers_miss_nothing_while_the_server_is_stopped_and_killed() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let mut names = Vec::new();
    for model in ["first", "second"] {
        let request = data::training(model, 240, 2);
        let job = caller.training.clone().train_model(request).await.unwrap();
        names.push(job.into_inner().name);
    }
    let begun: [Arc<Notify>; 3] = std::array::from_fn(|_| Arc::default());
    let one = tokio::spawn(follow(system.caller(), names[0].clone(), begun[0].clone()));
    let all = tokio::spawn(follow_all(system.caller(), 2, begun[1].clone()));
    let log = tokio::spawn(follow_log(system.caller(), names[0].clone(), begun[2].clone()));
    for signal in [Signal::Term, Signal::Kill] {
        for begun in &begun {
            let waited = tokio::time::timeout(wait::PATIENCE, begun.notified()).await;
            waited.expect("every watch is open again");
        }
        system.database.sql(TALK);
        system.stop_api(signal).await;
        system.database.sql(TALK);
        system.start_api().await;
        system.database.sql(TALK);
    }
    for name in &names {
        let request = pb::CancelJobRequest {
            name: name.clone(),
            ..pb::CancelJobRequest::default()
        };
        caller.jobs.clone().cancel_job(request).await.unwrap();
    }
    let whole: Vec<i64> = (1..=2 + 6 * 40).collect();
    let (sequences, opened) = tokio::time::timeout(wait::PATIENCE, one).await.unwrap().unwrap();
    assert_eq!(sequences, whole);
    assert!(opened >= 2, "{opened}");
    let (lines, opened) = tokio::time::timeout(wait::PATIENCE, log).await.unwrap().unwrap();
    assert_eq!(
        lines,
        whole[1..whole.len() - 1],
        "every line, and neither the first event nor the last"
    );
    assert!(opened >= 2, "{opened}");
    let (seen, opened) = tokio::time::timeout(wait::PATIENCE, all).await.unwrap().unwrap();
    assert!(opened >= 2, "{opened}");
    for name in names {
        // It was made before the watch began, which showed it in the snapshot.
        let sequences = &seen[&name];
        assert_eq!(sequences.last(), whole.last(), "{name}");
        let first = sequences[0];
        assert!(first <= 2, "{name}: {first}");
        assert_eq!(sequences, &whole[first as usize - 1..], "{name}");
    }
}
