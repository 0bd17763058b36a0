//! GetJob, WaitJob, CancelJob.

use crate::house::{House, metadata, refused, seconds};
use crate::support::soon;
use mltraining_proto::v1;
use tonic::{Code, Status};

async fn get(house: &House, name: &str, view: v1::JobView) -> v1::Job {
    let request = v1::GetJobRequest {
        name: name.to_owned(),
        view: view.into(),
    };
    house.jobs().get_job(request).await.unwrap().into_inner()
}

async fn cancel(house: &House, name: &str, etag: &str) -> Result<v1::Job, Status> {
    let request = v1::CancelJobRequest {
        name: name.to_owned(),
        reason: "wrong range".to_owned(),
        etag: etag.to_owned(),
    };
    house
        .jobs()
        .cancel_job(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn wait(house: &House, name: &str, timeout: Option<prost_types::Duration>) -> Result<v1::Job, Status> {
    let request = v1::WaitJobRequest {
        name: name.to_owned(),
        timeout,
    };
    soon(house.jobs().wait_job(request))
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_says_why_and_what_was_tried() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    house.progress(lease, 4).await;
    house.fail(lease).await;
    let job = get(&house, &name, v1::JobView::Full).await;
    assert_eq!((job.state(), job.attempt), (v1::JobState::Failed, 1));
    let error = job.error.unwrap();
    assert_eq!(
        (error.reason(), error.phase()),
        (v1::ErrorReason::TooFewRows, v1::WorkPhase::Split)
    );
    assert_eq!(error.message, "12 rows, 50 are needed");
    assert_eq!(job.attempts.len(), 1);
    let attempt = &job.attempts[0];
    assert_eq!(
        (attempt.epoch, attempt.outcome()),
        (1, v1::AttemptOutcome::Failed)
    );
    assert_eq!(
        attempt.error.as_ref().unwrap().reason(),
        v1::ErrorReason::TooFewRows
    );
    let progress = job.progress.unwrap();
    assert_eq!((progress.phase(), progress.steps_done), (v1::WorkPhase::Fit, 4));
    assert!(job.start_time.is_some() && job.end_time.is_some() && job.spec.is_some());
    let basic = get(&house, &name, v1::JobView::Basic).await;
    assert!(basic.spec.is_none() && basic.attempts.is_empty());
    assert_eq!(basic.etag, job.etag);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_job_is_cancelled_at_once_and_cancelling_again_changes_nothing() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let job = cancel(&house, &name, "").await.unwrap();
    assert_eq!(
        (job.state(), job.cancel_reason.as_str()),
        (v1::JobState::Cancelled, "wrong range")
    );
    let error = job.error.clone().unwrap();
    assert_eq!(error.reason(), v1::ErrorReason::Cancelled);
    assert_eq!(error.metadata["cancelled_by"], "local");
    let again = cancel(&house, &name, "").await.unwrap();
    assert_eq!(again.etag, job.etag);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_cancelling_until_its_worker_has_stopped() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let before = get(&house, &name, v1::JobView::Basic).await;
    let lease = house.claim().await;
    let stale = cancel(&house, &name, &before.etag).await.unwrap_err();
    refused(&stale, Code::Aborted, "ETAG_MISMATCH", &[]);
    let running = get(&house, &name, v1::JobView::Basic).await;
    assert_eq!(metadata(&stale, "etag"), running.etag);
    let job = cancel(&house, &name, &running.etag).await.unwrap();
    assert_eq!(job.state(), v1::JobState::Running);
    assert_eq!(job.display_state(), v1::JobDisplayState::Cancelling);
    assert!(job.cancel_requested);
    house.api.store.release_job(lease).await.unwrap();
    assert_eq!(
        get(&house, &name, v1::JobView::Basic).await.state(),
        v1::JobState::Cancelled
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_has_ended_cannot_be_cancelled() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    house.fail(lease).await;
    let refusal = cancel(&house, &name, "").await.unwrap_err();
    refused(&refusal, Code::FailedPrecondition, "JOB_NOT_CANCELLABLE", &[]);
    assert_eq!(metadata(&refusal, "state"), "FAILED");
    let long = v1::CancelJobRequest {
        name,
        reason: "x".repeat(513),
        ..v1::CancelJobRequest::default()
    };
    let refusal = house.jobs().cancel_job(long).await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["reason"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_gets_the_job_when_it_ends() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    let (waited, ()) = tokio::join!(wait(&house, &name, seconds(30)), async {
        house.progress(lease, 1).await;
        house.fail(lease).await;
    });
    assert_eq!(waited.unwrap().state(), v1::JobState::Failed);
    assert_eq!(
        wait(&house, &name, None).await.unwrap().state(),
        v1::JobState::Failed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_whose_time_is_over_gets_the_job_as_it_is() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let short = Some(prost_types::Duration {
        seconds: 0,
        nanos: 1_000_000,
    });
    assert_eq!(
        wait(&house, &name, short).await.unwrap().state(),
        v1::JobState::Queued
    );
    assert_eq!(
        wait(&house, &name, seconds(0)).await.unwrap().state(),
        v1::JobState::Queued
    );
    for wrong in [seconds(31), seconds(-1)] {
        let refusal = wait(&house, &name, wrong).await.unwrap_err();
        refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["timeout"]);
    }
}
