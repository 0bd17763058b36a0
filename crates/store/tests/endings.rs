//! How attempts end when a clock steps back, a worker dies early, or an answer is lost.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_domain::{FailureClass, JobState, Progress, Reason, ResultId, WorkPhase};
use mltraining_store::claims::{Finished, Lease};
use mltraining_store::jobs::CancelOutcome;
use std::time::{Duration, Instant};
use support::{Fixture, failure};
use uuid::Uuid;

#[tokio::test]
async fn a_job_whose_worker_died_before_the_deadline_is_queued_again_however_late_it_is_found() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let dead = "update job set heartbeat_at = now() - interval '2 hours', lease_expires_at = now() - interval '1 hour',
        deadline_at = now() - interval '90 minutes'";
    sqlx::query(dead).execute(&fixture.sql().await).await.unwrap();
    let reaped = fixture.reap().await;
    assert_eq!(
        (reaped[0].lease, reaped[0].state, reaped[0].reason),
        (lease, JobState::Queued, Reason::LeaseExpired)
    );
}

/// A job whose attempt began an hour ahead: the clock was set back since.
async fn begun_ahead(fixture: &Fixture) -> Lease {
    let lease = fixture.running().await;
    sqlx::query("update job_attempt set started_at = now() + interval '1 hour' where job_id = $1")
        .bind(lease.job.0)
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    lease
}

#[tokio::test]
async fn a_clock_that_steps_back_does_not_keep_an_attempt_from_ending() {
    let fixture = Fixture::new().await;
    let lease = begun_ahead(&fixture).await;
    let result = fixture.stage(lease).await;
    let finished = fixture.finish(lease, result).await.unwrap();
    assert_eq!(finished, Finished::Succeeded { version: Some(1) });
    let lease = begun_ahead(&fixture).await;
    let failed = fixture.store.fail_job(lease, &failure(FailureClass::User)).await;
    assert_eq!(failed.unwrap().state, JobState::Failed);
    let lease = begun_ahead(&fixture).await;
    fixture.expire(lease).await;
    assert_eq!(fixture.reap().await[0].lease, lease);
}

fn almost() -> Progress {
    Progress {
        phase: WorkPhase::Store,
        fraction: 0.96,
        steps_done: 0,
        steps_total: 1,
        message: "storing the result".to_owned(),
    }
}

#[tokio::test]
async fn a_succeeded_job_is_wholly_done_and_a_cancelled_one_stays_where_it_was() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    fixture.store.report_progress(lease, 1, &almost()).await.unwrap();
    let result = fixture.stage(lease).await;
    fixture.finish(lease, result).await.unwrap();
    let done = Progress {
        fraction: 1.0,
        steps_done: 1,
        message: "done".to_owned(),
        ..almost()
    };
    assert_eq!(fixture.job(lease.job).await.progress, Some(done));
    let lease = fixture.running().await;
    fixture.store.report_progress(lease, 1, &almost()).await.unwrap();
    let result = fixture.stage(lease).await;
    let asked = fixture
        .store
        .cancel_job(&fixture.project, lease.job, "ann", "", None)
        .await;
    assert!(matches!(asked.unwrap(), CancelOutcome::Acknowledged(_)));
    assert_eq!(fixture.finish(lease, result).await.unwrap(), Finished::Cancelled);
    assert_eq!(fixture.job(lease.job).await.progress, Some(almost()));
}

/// Waits until a statement of this database waits for a lock.
async fn until_one_waits(sql: &sqlx::PgPool) {
    let waiting = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
    let deadline = Instant::now() + Duration::from_secs(30);
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(sql)
        .await
        .unwrap()
    {
        assert!(Instant::now() < deadline, "nothing waits");
        tokio::task::yield_now().await;
    }
}

/// What staging says when an earlier try of the same attempt with the result `first` commits meanwhile.
async fn staged_beside(first: ResultId, second: ResultId) -> Result<(), mltraining_store::StoreError> {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let sql = fixture.sql().await;
    let mut earlier = sql.begin().await.unwrap();
    sqlx::query("insert into result (id, job_id, lease_epoch, project) values ($1, $2, $3, 'default')")
        .bind(first.0)
        .bind(lease.job.0)
        .bind(lease.epoch.0)
        .execute(&mut *earlier)
        .await
        .unwrap();
    let commit = async {
        until_one_waits(&sql).await;
        earlier.commit().await.unwrap();
    };
    let (staged, ()) = tokio::join!(fixture.store.stage_result(lease, second, &[]), commit);
    staged
}

#[tokio::test]
async fn staging_beside_an_earlier_try_of_the_same_result_is_no_conflict() {
    let result = ResultId(Uuid::now_v7());
    staged_beside(result, result).await.unwrap();
    let other = staged_beside(result, ResultId(Uuid::now_v7())).await;
    assert!(
        matches!(other, Err(mltraining_store::StoreError::Conflict { .. })),
        "{other:?}"
    );
}
