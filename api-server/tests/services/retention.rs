//! What a client sees of a job whose events retention has removed.

use crate::house::House;
use crate::support::soon;
use mltraining_proto::v1;
use mltraining_store::jobs::LogSeverity;
use std::time::Duration;
use v1::job_event::Event;

/// A job that failed, and whose events are gone.
async fn without_events(house: &House) -> String {
    let name = house.train().await;
    let lease = house.claim().await;
    house.log(lease, LogSeverity::Warn, "a line").await;
    house.progress(lease, 1).await;
    house.fail(lease).await;
    let removed = house.api.store.remove_expired_events(Duration::ZERO, 100).await;
    assert!(removed.unwrap() >= 5);
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_job_whose_events_are_gone_is_empty_and_following_it_ends() {
    let house = House::with_bars().await;
    let name = without_events(&house).await;
    let list = v1::ListJobLogsRequest {
        parent: name.clone(),
        ..v1::ListJobLogsRequest::default()
    };
    let listed = house.jobs().list_job_logs(list).await.unwrap().into_inner();
    assert!(listed.entries.is_empty() && listed.next_page_token.is_empty());
    let tail = v1::TailJobLogsRequest {
        name,
        follow: true,
        ..v1::TailJobLogsRequest::default()
    };
    let mut stream = house.jobs().tail_job_logs(tail).await.unwrap().into_inner();
    let snapshot = soon(stream.message()).await.unwrap().unwrap();
    assert!(matches!(
        snapshot.event,
        Some(v1::tail_job_logs_response::Event::Snapshot(_))
    ));
    let end = soon(stream.message()).await.unwrap().unwrap();
    assert!(matches!(
        end.event,
        Some(v1::tail_job_logs_response::Event::End(_))
    ));
    assert_eq!(soon(stream.message()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_a_job_whose_events_are_gone_gives_the_snapshot_alone() {
    let house = House::with_bars().await;
    let name = without_events(&house).await;
    for after_sequence in [0, 2] {
        let request = v1::WatchJobRequest {
            name: name.clone(),
            after_sequence,
        };
        let mut stream = house.jobs().watch_job(request).await.unwrap().into_inner();
        let snapshot = soon(stream.message()).await.unwrap().unwrap();
        let Some(Event::Snapshot(job)) = snapshot.event else {
            panic!("{snapshot:?}")
        };
        assert_eq!(
            (job.state(), job.name.as_str()),
            (v1::JobState::Failed, name.as_str())
        );
        assert!(job.error.is_some(), "the row still says why");
        assert_eq!(soon(stream.message()).await.unwrap(), None, "and the stream ends");
    }
}
