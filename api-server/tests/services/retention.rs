//! What a client sees of a job whose events retention has removed.

use crate::house::House;
use crate::support::soon;
use mltraining_proto::v1;
use std::time::Duration;
use v1::job_event::Event;

#[tokio::test(flavor = "multi_thread")]
async fn watching_a_job_whose_events_are_gone_gives_the_snapshot_alone() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    house.progress(lease, 1).await;
    house.fail(lease).await;
    let store = &house.api.store;
    let removed = store.remove_expired_events(Duration::ZERO, 100).await.unwrap();
    assert!(removed >= 4, "{removed}");
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
