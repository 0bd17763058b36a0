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
        let first = stream.message().await;
        if let Ok(Some(first)) = &first {
            assert!(
                matches!(first.event, Some(pb::job_event::Event::Snapshot(_))),
                "{first:?}"
            );
            begun.notify_one();
        }
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

/// Sequences of every job by WatchJobs, across breaks, until `jobs` of them have SUCCEEDED.
async fn follow_all(caller: Caller, jobs: usize) -> (BTreeMap<String, Vec<i64>>, usize) {
    let (mut seen, mut opened, mut token) = (BTreeMap::<String, Vec<i64>>::new(), 0, String::new());
    let mut succeeded = 0;
    while succeeded < jobs {
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
        while succeeded < jobs {
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
            if let Some(Event::JobEvent(watched)) = message.event {
                let event = watched.event.unwrap();
                let sequences = seen.entry(watched.job).or_default();
                if sequences.last().is_none_or(|last| event.sequence > *last) {
                    sequences.push(event.sequence);
                    succeeded += usize::from(matches!(&event.event,
                        Some(pb::job_event::Event::StateChange(change)) if change.state() == pb::JobState::Succeeded));
                }
            }
        }
    }
    (seen, opened)
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_miss_nothing_while_the_server_is_stopped_and_killed() {
    let mut system = System::start_with(&[
        ("MLTS_WORKER__POLL_MIN", "200ms"),
        ("MLTS_WORKER__POLL_MAX", "500ms"),
    ])
    .await;
    data::make_bars(&system.database, 20, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    let all = tokio::spawn(follow_all(system.caller(), 2));
    let mut names = Vec::new();
    for (model, trees) in [("long", 1500), ("short", 2)] {
        let request = data::training(model, 240, trees);
        let job = caller
            .training
            .clone()
            .train_model(request)
            .await
            .unwrap()
            .into_inner();
        names.push(job.name);
    }
    let begun = Arc::new(Notify::new());
    let one = tokio::spawn(follow(system.caller(), names[0].clone(), begun.clone()));
    begun.notified().await;
    system.add_worker().await;
    for signal in [Signal::Term, Signal::Kill] {
        wait::until("the job comes further", || async {
            let count = "SELECT count(*) FROM job_event WHERE kind = 'progress'";
            (system.database.count(count) > 3).then_some(())
        })
        .await;
        system.restart_api(signal).await;
        begun.notified().await;
    }
    let (sequences, opened) = tokio::time::timeout(wait::PATIENCE, one).await.unwrap().unwrap();
    assert!(opened >= 3, "{opened}");
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    let (seen, opened) = tokio::time::timeout(wait::PATIENCE, all).await.unwrap().unwrap();
    assert!(opened >= 2, "{opened}");
    for name in names {
        let sequences = &seen[&name];
        let last: i64 = system.database.count(&format!(
            "SELECT max(seq) FROM job_event WHERE job_id = '{}'",
            name.rsplit('/').next().unwrap()
        ));
        assert_eq!(sequences, &(1..=last).collect::<Vec<_>>(), "{name}");
    }
}
