//! Memory decides who may claim a job; a process that dies is charged at once.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_domain::{FailureClass, JobFailure, JobState, Reason, WorkerId};
use mltraining_store::claims::{ClaimRequest, ClaimedJob, Lease};
use mltraining_store::workers::NewWorker;
use std::time::Duration;
use support::{Fixture, LEASE, failure};

/// How long a worker that is gone is counted on to come back.
const GRACE: Duration = Duration::from_secs(900);

async fn claim_with(fixture: &Fixture, free_memory_bytes: u64) -> Option<ClaimedJob> {
    claim_as(fixture, support::worker(), free_memory_bytes).await
}

async fn claim_as(fixture: &Fixture, worker: WorkerId, free_memory_bytes: u64) -> Option<ClaimedJob> {
    let request = ClaimRequest {
        queue: "default",
        worker,
        lease: LEASE,
        kinds: &[mltraining_domain::JobKind::Train],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes,
        large_worker_grace: GRACE,
    };
    fixture.store.claim_job(&request).await.unwrap()
}

async fn register(fixture: &Fixture, memory_bytes: u64) -> WorkerId {
    let id = support::worker();
    let worker = NewWorker {
        id,
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        slots: 1,
        memory_bytes,
    };
    fixture.store.register_worker(&worker).await.unwrap();
    id
}

async fn heard_ago(fixture: &Fixture, worker: WorkerId, ago: Duration) {
    sqlx::query("update worker set heartbeat_at = now() - $2 * interval '1 second' where id = $1")
        .bind(worker.0)
        .bind(ago.as_secs_f64())
        .execute(&fixture.sql().await)
        .await
        .unwrap();
}

async fn handed_back(fixture: &Fixture, bytes: u64) -> Lease {
    let lease = fixture.running().await;
    let back = fixture.store.hand_back_job(lease, bytes).await.unwrap();
    assert_eq!(
        (back.state, back.retry_in),
        (JobState::Queued, Some(Duration::ZERO))
    );
    lease
}

#[tokio::test]
async fn a_job_that_needs_more_than_is_free_waits_for_a_worker_that_has_it() {
    let fixture = Fixture::new().await;
    register(&fixture, 500).await;
    let lease = handed_back(&fixture, 400).await;
    let attempts = fixture.store.attempts(&[lease.job]).await.unwrap();
    let outcome = attempts[0].1.outcome;
    assert_eq!(outcome, Some(mltraining_store::jobs::AttemptOutcome::Released));
    assert!(
        claim_with(&fixture, 399).await.is_none(),
        "it is left for one with more"
    );
    let other = fixture.create(&support::Wish::default()).await;
    let claimed = claim_with(&fixture, 399).await.unwrap();
    assert_eq!(
        (claimed.lease.job, claimed.memory_bytes),
        (other.id, None),
        "others pass it"
    );
    let claimed = claim_with(&fixture, 400).await.unwrap();
    assert_eq!((claimed.lease.job, claimed.memory_bytes), (lease.job, Some(400)));
}

#[tokio::test]
async fn a_job_waits_for_a_large_worker_through_its_restart_and_can_be_claimed_to_be_failed_after_the_grace()
{
    let fixture = Fixture::new().await;
    let large = register(&fixture, 500).await;
    let lease = handed_back(&fixture, 400).await;
    assert!(claim_with(&fixture, 1).await.is_none());
    fixture.store.drain_worker(large).await.unwrap();
    assert!(claim_with(&fixture, 1).await.is_none(), "it drains");
    fixture.store.stop_worker(large).await.unwrap();
    assert!(claim_with(&fixture, 1).await.is_none(), "it has stopped");
    heard_ago(&fixture, large, GRACE - Duration::from_secs(60)).await;
    assert!(claim_with(&fixture, 1).await.is_none(), "it may come back");
    heard_ago(&fixture, large, GRACE + Duration::from_secs(1)).await;
    assert_eq!(claim_with(&fixture, 1).await.unwrap().lease.job, lease.job);
}

#[tokio::test]
async fn a_large_job_passed_over_for_ten_leases_keeps_one_worker_free_until_it_fits() {
    let fixture = Fixture::new().await;
    let project = mltraining_domain::ProjectId::default_project();
    fixture.store.set_quota(&project, 100, 1000).await.unwrap();
    let mut workers = [register(&fixture, 500).await, register(&fixture, 500).await];
    workers.sort_by_key(|worker| worker.0);
    let [kept, other] = workers;
    let small = register(&fixture, 399).await;
    let large = handed_back(&fixture, 400).await.job;
    for _ in 0..4 {
        fixture.create(&support::Wish::default()).await;
    }
    assert!(
        claim_as(&fixture, kept, 399).await.is_some(),
        "it waits not long yet"
    );
    sqlx::query("update job set run_at = now() - $2 * interval '1 second' where id = $1")
        .bind(large.0)
        .bind(LEASE.as_secs_f64() * 10.0 + 1.0)
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    assert!(
        claim_as(&fixture, kept, 399).await.is_none(),
        "nothing delays it here"
    );
    assert!(
        claim_as(&fixture, other, 399).await.is_some(),
        "one worker is enough"
    );
    assert!(
        claim_as(&fixture, small, 399).await.is_some(),
        "it never fits there"
    );
    let urgent = fixture
        .create(&support::Wish {
            priority: 1,
            ..support::Wish::default()
        })
        .await;
    let claimed = claim_as(&fixture, kept, 399).await.unwrap().lease.job;
    assert_eq!(claimed, urgent.id, "a higher priority goes first all the same");
    let claimed = claim_as(&fixture, kept, 400).await.unwrap().lease.job;
    assert_eq!(claimed, large);
    assert!(
        claim_as(&fixture, kept, 1).await.is_some(),
        "then others have their turn"
    );
}

#[tokio::test]
async fn an_attempt_whose_process_died_is_charged_at_once_and_three_make_a_job_dead() {
    let fixture = Fixture::new().await;
    let job = fixture.running().await.job;
    let mut lease = Lease {
        job,
        epoch: mltraining_domain::Epoch(1),
    };
    let crash = JobFailure {
        reason: Reason::AttemptCrashed,
        message: "the process of the attempt was ended by SIGSEGV (signal 11) in READ".to_owned(),
        ..failure(FailureClass::Lost)
    };
    for _ in 0..2 {
        let failed = fixture.store.fail_job(lease, &crash).await.unwrap();
        assert_eq!(failed.state, JobState::Queued);
        let error = fixture.job(job).await.error.unwrap();
        assert_eq!(
            (error.reason, error.message.as_str()),
            (crash.reason, crash.message.as_str())
        );
        fixture.make_due(job).await;
        lease = fixture.claim().await.lease;
    }
    let failed = fixture.store.fail_job(lease, &crash).await.unwrap();
    assert_eq!(failed.state, JobState::Dead);
    let error = fixture.job(job).await.error.unwrap();
    assert_eq!(error.reason, Reason::Poison);
    assert!(
        error.message.contains("3 times") && error.message.contains("SIGSEGV"),
        "{}",
        error.message
    );
    let attempts = fixture.store.attempts(&[job]).await.unwrap();
    let reasons: Vec<Reason> = attempts
        .iter()
        .map(|(_, a)| a.error.as_ref().unwrap().reason)
        .collect();
    assert_eq!(reasons, [Reason::AttemptCrashed; 3]);
}
