//! What a job without a model version leaves behind: made to reproduce a training, finished with what it has found.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_domain::{Checked, Expected, JobId, JobKind, JobState, ReproduceSpec, StoredFile, WorkerId};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimRequest, Finished, Lease};
use mltraining_store::jobs::{CreatedJob, Job, JobView, NewJob, NewSpec};
use mltraining_store::queues::DEFAULT_QUEUE;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{Fixture, LEASE};
use uuid::Uuid;

fn reproduce(job: JobId) -> Checked<ReproduceSpec> {
    let spec = ReproduceSpec {
        job,
        train: support::spec("pump").into_inner(),
        expected: Expected {
            model_sha256: "c".repeat(64),
            source_fingerprint: "a".repeat(64),
            service_version: "0.1.0".to_owned(),
            spec_hash: "b".repeat(64),
        },
        source_days: Some(StoredFile {
            key: format!("default/{job}/1/source_days.jsonl"),
            sha256: "d".repeat(64),
            size_bytes: 10,
        }),
    };
    spec.check().unwrap()
}

/// A job that reproduces another one.
async fn create(fixture: &Fixture, spec: &Checked<ReproduceSpec>) -> Job {
    let job = NewJob {
        id: JobId(Uuid::now_v7()),
        project: &fixture.project,
        queue: DEFAULT_QUEUE,
        spec: NewSpec::Reproduce(spec),
        idempotency: None,
        request_id: None,
        traceparent: None,
        created_by: "test",
        priority: mltraining_domain::Priority::DEFAULT,
        labels: &BTreeMap::new(),
        timeout: None,
    };
    match fixture.store.create_job(&job).await.unwrap() {
        CreatedJob::Created(job) => job,
        other => panic!("not created: {other:?}"),
    }
}

async fn claim(fixture: &Fixture, kinds: &[JobKind]) -> Option<Lease> {
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker: WorkerId(Uuid::now_v7()),
        lease: LEASE,
        kinds,
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    let claimed = fixture.store.claim_job(&request).await.unwrap();
    claimed.map(|job| job.lease)
}

async fn running(fixture: &Fixture) -> Lease {
    create(fixture, &reproduce(JobId(Uuid::now_v7()))).await;
    claim(fixture, &[JobKind::Reproduce]).await.unwrap()
}

#[tokio::test]
async fn a_job_that_reproduces_names_its_source_and_no_model_and_waits_for_a_worker_that_knows_its_kind() {
    let fixture = Fixture::new().await;
    let spec = reproduce(JobId(Uuid::now_v7()));
    let job = create(&fixture, &spec).await;
    assert_eq!((job.kind, job.model.is_none()), (JobKind::Reproduce, true));
    assert_eq!(job.source, Some(spec.train.source.clone()));
    assert_eq!(job.reproduce_spec().unwrap(), *spec);
    let earlier_version = claim(&fixture, &[JobKind::Train, JobKind::Probe]).await;
    assert_eq!(earlier_version, None);
    let lease = claim(&fixture, &[JobKind::Train, JobKind::Reproduce]).await;
    assert_eq!(lease.unwrap().job, job.id);
}

#[tokio::test]
async fn what_a_job_has_found_is_committed_with_it_and_read_only_with_the_whole_job() {
    let fixture = Fixture::new().await;
    let lease = running(&fixture).await;
    let result = fixture.stage(lease).await;
    let found = json!({"verdict": "EQUAL"});
    let finished = fixture.store.finish_found(lease, result, &found).await.unwrap();
    assert_eq!(finished, Finished::Succeeded { version: None });
    let job = fixture.job(lease.job).await;
    assert_eq!(job.state, JobState::Succeeded);
    assert_eq!(job.found::<Value>().unwrap(), Some(found));
    let basic = fixture
        .store
        .job(&fixture.project, lease.job, JobView::Basic)
        .await;
    assert_eq!(basic.unwrap().result.unwrap().body, None);
    let (training, _) = fixture.succeeded().await;
    assert_eq!(fixture.job(training).await.result.unwrap().body, None);
}

#[tokio::test]
async fn a_cancelled_job_tells_nothing_of_what_it_has_found() {
    let fixture = Fixture::new().await;
    let lease = running(&fixture).await;
    let result = fixture.stage(lease).await;
    let cancel = "update job set cancel_requested_at = now()";
    sqlx::query(cancel).execute(&fixture.sql().await).await.unwrap();
    let finished = fixture.store.finish_found(lease, result, &json!({})).await;
    assert_eq!(finished.unwrap(), Finished::Cancelled);
    let bodies: i64 = sqlx::query_scalar("select count(*) from result where body is not null")
        .fetch_one(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(bodies, 0);
}

#[tokio::test]
async fn findings_that_are_too_large_are_refused_and_the_job_goes_on() {
    let fixture = Fixture::new().await;
    let lease = running(&fixture).await;
    let result = fixture.stage(lease).await;
    // Of different texts: Postgres compares the size of what it stores, and a long text of one letter is packed.
    let days: Vec<String> = (0..40_000).map(|_| Uuid::new_v4().to_string()).collect();
    let refused = fixture
        .store
        .finish_found(lease, result, &json!({ "days": days }))
        .await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(fixture.job(lease.job).await.state, JobState::Running);
    assert!(
        fixture
            .store
            .finish_found(lease, result, &json!({}))
            .await
            .is_ok()
    );
}
