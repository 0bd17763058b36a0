//! RetryJob, UpdateJob, and the place of a job in its queue.

use crate::house::{House, PARENT, create_bars, metadata, refused};
use crate::support::soon;
use mltraining_proto::v1;
use prost_types::FieldMask;
use tonic::{Code, Status};
use uuid::Uuid;

const NOBODY: &str = "projects/default/jobs/01890a5d-ac96-774b-bcce-b302099a8057";

async fn update(house: &House, job: v1::Job, paths: &[&str]) -> Result<v1::Job, Status> {
    let paths = paths.iter().map(ToString::to_string).collect();
    let request = v1::UpdateJobRequest {
        job: Some(job),
        update_mask: Some(FieldMask { paths }),
    };
    let updated = Box::pin(house.jobs().update_job(request)).await;
    updated.map(tonic::Response::into_inner)
}

fn named(name: &str) -> v1::Job {
    v1::Job {
        name: name.to_owned(),
        ..v1::Job::default()
    }
}

fn with_priority(name: &str, priority: i32) -> v1::Job {
    v1::Job {
        priority,
        ..named(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_retried_under_its_old_number_of_attempts() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    house.fail(lease).await;
    let failed = house.job(&name).await;
    let stale = v1::RetryJobRequest {
        name: name.clone(),
        etag: "job-1".to_owned(),
    };
    let refusal = house.jobs().retry_job(stale).await.unwrap_err();
    refused(&refusal, Code::Aborted, "ETAG_MISMATCH", &[]);
    assert_eq!(metadata(&refusal, "etag"), failed.etag);
    let job = house.retry(&name).await.unwrap();
    assert_eq!(
        (job.state(), job.display_state()),
        (v1::JobState::Queued, v1::JobDisplayState::Retrying)
    );
    assert_eq!((job.attempt, job.attempts.len()), (1, 1));
    assert_eq!((job.error, job.end_time), (None, None));
    assert_ne!(job.etag, failed.etag);
    assert_eq!(job.jobs_ahead, Some(0));
    let again = house.claim().await;
    assert_eq!((again.job, again.epoch.0), (lease.job, 2));
    let running = house.retry(&name).await.unwrap_err();
    refused(&running, Code::FailedPrecondition, "JOB_NOT_RETRYABLE", &[]);
    assert_eq!(metadata(&running, "state"), "RUNNING");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_that_is_retried_is_no_longer_cancelled() {
    let house = House::with_bars().await;
    let name = house.train().await;
    assert_eq!(house.cancel(&name).await.state(), v1::JobState::Cancelled);
    let job = house.retry(&name).await.unwrap();
    assert!(!job.cancel_requested && job.cancel_reason.is_empty() && job.error.is_none());
    assert_eq!(house.cancel(&name).await.state(), v1::JobState::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_refused_where_a_new_job_would_be() {
    let house = House::with_bars().await;
    let name = house.train().await;
    house.cancel(&name).await;
    house.sql("update project set max_queued = 0");
    let full = house.retry(&name).await.unwrap_err();
    refused(&full, Code::ResourceExhausted, "QUEUE_FULL", &[]);
    assert_eq!(metadata(&full, "limit"), "0");
    house.sql(
        "update project set max_queued = 5;
         insert into model (project, id, display_name, deleted_at, expire_at)
         values ('default', 'pump', 'pump', now(), now() + interval '1 day')",
    );
    let deleted = house.retry(&name).await.unwrap_err();
    refused(&deleted, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
    assert_eq!(metadata(&deleted, "name"), format!("{PARENT}/models/pump"));
    assert_eq!(house.retry(NOBODY).await.unwrap_err().code(), Code::NotFound);
    refused(
        &house.retry("jobs/1").await.unwrap_err(),
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["name"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_moved_by_its_priority_while_it_waits() {
    let house = House::with_bars().await;
    let first = house.train().await;
    let second = house.train().await;
    assert_eq!(house.job(&first).await.jobs_ahead, Some(0));
    assert_eq!(house.job(&second).await.jobs_ahead, Some(1));
    let moved = update(&house, with_priority(&second, 0), &["priority"])
        .await
        .unwrap();
    assert_eq!((moved.priority, moved.jobs_ahead), (0, Some(0)));
    assert_eq!(house.job(&first).await.jobs_ahead, Some(1));
    house.claim().await;
    assert_eq!(house.job(&second).await.jobs_ahead, None, "it runs");
    let late = update(&house, with_priority(&second, 4), &["*"])
        .await
        .unwrap_err();
    refused(&late, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
    assert_eq!(metadata(&late, "state"), "RUNNING");
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_can_be_changed_at_any_time() {
    let house = House::with_bars().await;
    let name = house.train().await;
    house.fail(house.claim().await).await;
    let before = house.job(&name).await;
    let labelled = v1::Job {
        labels: [("team".to_owned(), "alpha".to_owned())].into(),
        etag: before.etag.clone(),
        ..named(&name)
    };
    let after = update(&house, labelled.clone(), &[]).await.unwrap();
    assert_eq!((after.labels, after.priority), (labelled.labels.clone(), 2));
    let stale = update(&house, labelled, &["labels"]).await.unwrap_err();
    refused(&stale, Code::Aborted, "ETAG_MISMATCH", &[]);
    let unchanged = update(&house, named(&name), &[]).await.unwrap();
    assert_eq!(
        unchanged.etag, after.etag,
        "nothing was named, nothing is changed"
    );
    let none = update(&house, named(&name), &["labels"]).await.unwrap();
    assert!(none.labels.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_an_update_is_named() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let wrong = v1::Job {
        priority: 5,
        labels: [("Team".to_owned(), "x".to_owned())].into(),
        ..named(&name)
    };
    let refusal = update(&house, wrong, &["state"]).await.unwrap_err();
    let fields = ["update_mask", "job.priority", "job.labels"];
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &fields);
    let nameless = update(&house, v1::Job::default(), &[]).await.unwrap_err();
    refused(&nameless, Code::InvalidArgument, "INVALID_FIELD", &["job.name"]);
    assert_eq!(
        update(&house, named(NOBODY), &[]).await.unwrap_err().code(),
        Code::NotFound
    );
}

/// A server whose hints go somewhere.
async fn with_redis() -> Option<House> {
    let Ok(url) = std::env::var("REDIS_URL") else {
        eprintln!("skipped: REDIS_URL is not set");
        return None;
    };
    let house = House::with(|config| {
        config.redis.url = url.into();
        config.redis.stream = format!("test:{}", Uuid::new_v4().simple());
    })
    .await;
    house.make_bars();
    house.catalog().create_source(create_bars()).await.unwrap();
    Some(house)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_and_a_change_of_priority_wake_a_worker() {
    let Some(house) = with_redis().await else { return };
    let mut hints = house.api.context.signal.listen();
    soon(hints.ready()).await;
    let name = house.train().await;
    let made = soon(hints.next()).await;
    assert!(name.ends_with(&made.job_id.to_string()));
    update(&house, with_priority(&name, 1), &["priority"])
        .await
        .unwrap();
    assert_eq!(soon(hints.next()).await.job_id, made.job_id);
    house.cancel(&name).await;
    house.retry(&name).await.unwrap();
    assert_eq!(soon(hints.next()).await.job_id, made.job_id);
}
