//! The protocol between workers and rows: fence, limits, budgets, cancel.
#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use mltraining_domain::{Epoch, FailureClass, JobState, Progress, Reason, ResultId, Span, WorkPhase};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimRequest, Finished, Lease, Outcome};
use mltraining_store::jobs::{AttemptOutcome, CancelOutcome, CreatedJob, EventBody, LogSeverity};
use mltraining_store::models::VersionView;
use mltraining_store::queues::DEFAULT_QUEUE;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use support::{Fixture, LEASE, Wish, failure, idempotency, worker};
use uuid::Uuid;

fn progress(phase: WorkPhase, fraction: f64) -> Progress {
    Progress {
        phase,
        fraction,
        steps_done: 1,
        steps_total: 2,
        message: "tree 1 of 2".to_owned(),
    }
}

fn is_lost<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::LeaseLost { .. }))
}

#[tokio::test]
async fn a_claimed_job_brings_what_its_request_said() {
    let fixture = Fixture::new().await;
    let job = fixture.create(&Wish::default()).await;
    assert_eq!(
        (job.state, job.epoch, job.event_seq),
        (JobState::Queued, Epoch(0), 1)
    );
    assert_eq!(job.train_spec().unwrap(), *support::spec("pump"));
    let claimed = fixture.claim().await;
    assert_eq!((claimed.lease.job, claimed.lease.epoch), (job.id, Epoch(1)));
    assert_eq!(claimed.train_spec().unwrap(), *support::spec("pump"));
    assert_eq!(claimed.traceparent, job.traceparent);
    assert_eq!(claimed.request_id.as_deref(), Some("req-1"));
    assert_eq!(claimed.time_left, Duration::from_secs(6 * 3600));
}

#[tokio::test]
async fn a_finished_job_leaves_a_model_version_with_its_evaluation_and_files() {
    let fixture = Fixture::new().await;
    let (store, project) = (&fixture.store, &fixture.project);
    let lease = fixture.running().await;
    let result = fixture.stage(lease).await;
    let finished = fixture.finish(lease, result).await.unwrap();
    assert_eq!(finished, Finished::Succeeded { version: Some(1) });
    let done = fixture.job(lease.job).await;
    assert_eq!(done.state, JobState::Succeeded);
    let left = done.result.clone().unwrap();
    assert_eq!((left.id, left.version), (result, Some(1)));
    assert_eq!(left.metrics, Some(support::metrics()));
    let model = store.model(project, &"pump".parse().unwrap()).await.unwrap();
    assert_eq!((model.latest_version, model.version_count), (1, 1));
    assert_eq!(model.latest_metrics, Some(support::metrics()));
    let version = store
        .model_version(project, &model.id, 1, VersionView::Full)
        .await
        .unwrap();
    assert_eq!(
        (version.job, version.evaluation),
        (lease.job, Some(support::evaluation()))
    );
    assert_eq!(version.facts, support::facts());
    assert_eq!(version.spec, Some(support::spec("pump").into_inner()));
    let files = store.list_artifacts(project, lease.job, None, 10).await.unwrap();
    let names: Vec<&str> = files.iter().map(|f| f.file_name.as_str()).collect();
    assert_eq!(names, ["metrics.json", "model.mlts"]);
    let file = store.artifact(project, lease.job, "model.mlts").await.unwrap();
    assert_eq!((file.sha256, file.size_bytes), ([7; 32], 10));
}

#[tokio::test]
async fn every_step_of_a_job_is_an_event_and_a_stream_resumes_from_a_sequence() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let lease = fixture.running().await;
    store
        .report_progress(lease, 1, &progress(WorkPhase::Read, 0.1))
        .await
        .unwrap();
    store
        .report_progress(lease, 2, &progress(WorkPhase::Read, 0.2))
        .await
        .unwrap();
    store
        .append_log(lease, LogSeverity::Warn, "12 rows without a close")
        .await
        .unwrap();
    let result = fixture.stage(lease).await;
    fixture.finish(lease, result).await.unwrap();
    let events = store.events_after(lease.job, 0, 100).await.unwrap();
    let seqs: Vec<i64> = events.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    let is_state = |i: usize, state| matches!(&events[i].body, EventBody::State(s) if s.state == state);
    assert!(
        is_state(0, JobState::Queued) && is_state(1, JobState::Running) && is_state(5, JobState::Succeeded)
    );
    assert!(matches!(&events[2].body, EventBody::Phase(p) if p.fraction == 0.1));
    assert!(matches!(&events[3].body, EventBody::Progress(p) if p.fraction == 0.2));
    assert!(matches!(
        &events[4].body,
        EventBody::Log {
            severity: LogSeverity::Warn,
            ..
        }
    ));
    assert!(matches!(&events[5].body, EventBody::State(s) if s.version == Some(1)));
    let later = store.events_after(lease.job, 4, 1).await.unwrap();
    assert_eq!(later.iter().map(|e| e.seq).collect::<Vec<_>>(), [5]);
}

#[tokio::test]
async fn a_second_job_of_a_model_makes_its_second_version() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (job, _) = fixture.succeeded().await;
    assert_eq!(fixture.job(job).await.result.unwrap().version, Some(2));
    let model = "pump".parse().unwrap();
    let versions = fixture
        .store
        .list_model_versions(&fixture.project, &model, None, 10, VersionView::Basic)
        .await
        .unwrap();
    assert_eq!(versions.iter().map(|v| v.version).collect::<Vec<_>>(), [2, 1]);
    assert!(
        versions
            .iter()
            .all(|v| v.spec.is_none() && v.evaluation.is_none())
    );
    let older = fixture
        .store
        .list_model_versions(&fixture.project, &model, Some(2), 10, VersionView::Basic)
        .await
        .unwrap();
    assert_eq!(older.len(), 1);
}

/// A lease that ran out and was reaped, and the lease of the worker that has the job now.
async fn superseded(fixture: &Fixture) -> (Lease, ResultId, Lease) {
    let stale = fixture.running().await;
    let staged = fixture.stage(stale).await;
    fixture.expire(stale).await;
    let reaped = fixture.reap().await;
    assert_eq!(reaped.len(), 1);
    assert_eq!((reaped[0].lease, reaped[0].state), (stale, JobState::Queued));
    assert_eq!(reaped[0].reason, Reason::LeaseExpired);
    fixture.make_due(stale.job).await;
    let successor = fixture.claim().await.lease;
    assert_eq!((successor.job, successor.epoch), (stale.job, Epoch(2)));
    (stale, staged, successor)
}

#[tokio::test]
async fn a_stale_worker_cannot_write_over_its_successor() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let (stale, staged, successor) = superseded(&fixture).await;
    let beats = store.beat(&[stale], LEASE).await.unwrap();
    assert_eq!(
        (beats.lost.as_slice(), beats.held.as_slice()),
        ([stale].as_slice(), [].as_slice())
    );
    let beats = store.beat(&[stale, successor], LEASE).await.unwrap();
    assert_eq!(beats.lost, [stale]);
    assert_eq!(
        beats.held.iter().map(|b| b.lease).collect::<Vec<_>>(),
        [successor]
    );
    assert!(is_lost(
        &store
            .report_progress(stale, 9, &progress(WorkPhase::Fit, 0.9))
            .await
    ));
    assert!(is_lost(
        &store.append_log(stale, LogSeverity::Info, "still here").await
    ));
    assert!(is_lost(
        &store.stage_result(stale, ResultId(Uuid::now_v7()), &[]).await
    ));
    assert!(is_lost(&fixture.finish(stale, staged).await));
    // Reaping made the staged result an orphan, which stops a stale finish too; the fence must hold alone.
    let staged_again = sqlx::query("update result set state = 'STAGED' where id = $1").bind(staged.0);
    staged_again.execute(&fixture.sql().await).await.unwrap();
    assert!(is_lost(&fixture.finish(stale, staged).await));
    assert!(is_lost(
        &store.fail_job(stale, &failure(FailureClass::User)).await
    ));
    assert!(is_lost(&store.release_job(stale).await));
    assert_eq!(store.lease_outcome(stale).await.unwrap(), Outcome::Lost);
    let job = fixture.job(stale.job).await;
    assert_eq!(
        (job.state, job.epoch, job.progress),
        (JobState::Running, Epoch(2), None)
    );
}

#[tokio::test]
async fn the_successor_of_a_stale_worker_finishes_the_job() {
    let fixture = Fixture::new().await;
    let (stale, _, successor) = superseded(&fixture).await;
    let result = fixture.stage(successor).await;
    let finished = fixture.finish(successor, result).await.unwrap();
    assert_eq!(finished, Finished::Succeeded { version: Some(1) });
    let outcome = fixture.store.lease_outcome(successor).await.unwrap();
    assert_eq!(outcome, Outcome::Ended(JobState::Succeeded));
    let attempts = fixture.store.attempts(&[stale.job]).await.unwrap();
    let outcomes: Vec<_> = attempts.iter().map(|(_, a)| a.outcome).collect();
    assert_eq!(
        outcomes,
        [Some(AttemptOutcome::Lost), Some(AttemptOutcome::Succeeded)]
    );
}

#[tokio::test]
async fn a_finish_that_came_through_is_known_after_its_answer_was_lost() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    assert_eq!(
        fixture.store.lease_outcome(lease).await.unwrap(),
        Outcome::StillHeld
    );
    let missing = fixture.finish(lease, ResultId(Uuid::now_v7())).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })), "{missing:?}");
    let result = fixture.stage(lease).await;
    fixture.finish(lease, result).await.unwrap();
    assert_eq!(
        fixture.store.lease_outcome(lease).await.unwrap(),
        Outcome::Ended(JobState::Succeeded)
    );
    assert!(
        is_lost(&fixture.finish(lease, result).await),
        "a second finish changes nothing"
    );
}

#[tokio::test]
async fn staging_a_result_again_changes_nothing_and_another_one_is_refused() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let result = fixture.stage(lease).await;
    let files = [
        support::file(result, "model.mlts"),
        support::file(result, "metrics.json"),
    ];
    fixture.store.stage_result(lease, result, &files).await.unwrap();
    let other = fixture
        .store
        .stage_result(lease, ResultId(Uuid::now_v7()), &[])
        .await;
    assert!(matches!(other, Err(StoreError::Conflict { .. })), "{other:?}");
    let hidden = fixture
        .store
        .list_artifacts(&fixture.project, lease.job, None, 10)
        .await
        .unwrap();
    assert!(hidden.is_empty(), "staged files are not shown");
}

#[tokio::test]
async fn an_acknowledged_cancel_never_becomes_succeeded() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let result = fixture.stage(lease).await;
    let outcome = fixture
        .store
        .cancel_job(&fixture.project, lease.job, "ann", "too slow", None)
        .await
        .unwrap();
    let CancelOutcome::Acknowledged(job) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(job.state, JobState::Running);
    assert_eq!(job.display_state(), mltraining_domain::DisplayState::Cancelling);
    let beats = fixture.store.beat(&[lease], LEASE).await.unwrap();
    assert!(beats.held[0].cancel);
    assert_eq!(fixture.finish(lease, result).await.unwrap(), Finished::Cancelled);
    let job = fixture.job(lease.job).await;
    assert_eq!((job.state, job.result), (JobState::Cancelled, None));
    let error = job.error.unwrap();
    assert_eq!(
        (error.reason, error.message.as_str()),
        (Reason::Cancelled, "cancelled by ann: too slow")
    );
    assert!(
        fixture
            .store
            .list_artifacts(&fixture.project, lease.job, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        fixture
            .store
            .model(&fixture.project, &"pump".parse().unwrap())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_cancel_reaches_a_job_in_every_state() {
    let fixture = Fixture::new().await;
    let cancel = |id| fixture.store.cancel_job(&fixture.project, id, "ann", "", None);
    let queued = fixture.create(&Wish::default()).await;
    let CancelOutcome::Acknowledged(job) = cancel(queued.id).await.unwrap() else {
        panic!()
    };
    assert_eq!(job.state, JobState::Cancelled);
    assert!(
        matches!(cancel(queued.id).await.unwrap(), CancelOutcome::Acknowledged(_)),
        "again changes nothing"
    );
    assert_eq!(fixture.job(queued.id).await.event_seq, 2);
    let lease = fixture.running().await;
    cancel(lease.job).await.unwrap();
    let released = fixture.store.release_job(lease).await.unwrap();
    assert_eq!(
        released.state,
        JobState::Cancelled,
        "a release acknowledges the cancel"
    );
    let (done, _) = fixture.succeeded().await;
    assert!(matches!(
        cancel(done).await.unwrap(),
        CancelOutcome::AlreadyFinal(_)
    ));
    let unknown = cancel(mltraining_domain::JobId(Uuid::now_v7())).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    let job = fixture.create(&Wish::default()).await;
    let stale = fixture
        .store
        .cancel_job(&fixture.project, job.id, "ann", "", Some(job.revision + 1))
        .await
        .unwrap();
    assert!(matches!(stale, CancelOutcome::RevisionMismatch(_)));
    let right = fixture
        .store
        .cancel_job(&fixture.project, job.id, "ann", "", Some(job.revision))
        .await
        .unwrap();
    assert!(matches!(right, CancelOutcome::Acknowledged(_)));
    let lost = fixture.running().await;
    cancel(lost.job).await.unwrap();
    fixture.expire(lost).await;
    assert_eq!(fixture.reap().await[0].state, JobState::Cancelled);
}

#[tokio::test]
async fn fifty_submits_of_one_request_make_one_job() {
    let fixture = Fixture::new().await;
    let wish = Wish {
        idempotency: Some(idempotency(1)),
        ..Wish::default()
    };
    let answers = join_all((0..50).map(|_| fixture.try_create(&wish))).await;
    let ids: HashSet<_> = answers
        .iter()
        .map(|answer| match answer {
            CreatedJob::Created(job) | CreatedJob::Existing(job) => job.id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 1);
    let created = answers
        .iter()
        .filter(|a| matches!(a, CreatedJob::Created(_)))
        .count();
    assert_eq!(created, 1);
    let mut other = wish.clone();
    other.idempotency.as_mut().unwrap().request_hash = [2; 32];
    assert_eq!(fixture.try_create(&other).await, CreatedJob::KeyReused);
    other.project = fixture.project("elsewhere", 4, 10).await;
    assert!(
        matches!(fixture.try_create(&other).await, CreatedJob::Created(_)),
        "a key is good within one project"
    );
}

#[tokio::test]
async fn max_queued_is_exact_under_concurrency() {
    let fixture = Fixture::new().await;
    let project = fixture.project("small", 4, 7).await;
    let wish = Wish {
        project: project.clone(),
        ..Wish::default()
    };
    let answers = join_all((0..30).map(|_| fixture.try_create(&wish))).await;
    let created = answers
        .iter()
        .filter(|a| matches!(a, CreatedJob::Created(_)))
        .count();
    let full = answers
        .iter()
        .filter(|a| **a == CreatedJob::QueueFull { max_queued: 7 })
        .count();
    assert_eq!((created, full), (7, 23));
}

#[tokio::test]
async fn max_running_is_exact_under_concurrency() {
    let fixture = Fixture::new().await;
    let project = fixture.project("small", 3, 100).await;
    let wish = Wish {
        project: project.clone(),
        ..Wish::default()
    };
    for _ in 0..12 {
        fixture.create(&wish).await;
    }
    let claims = join_all((0..20).map(|_| fixture.try_claim(LEASE))).await;
    let claimed: Vec<Lease> = claims.into_iter().flatten().map(|c| c.lease).collect();
    assert_eq!(claimed.len(), 3);
    fixture.store.release_job(claimed[0]).await.unwrap();
    assert!(fixture.try_claim(LEASE).await.is_some());
    assert!(fixture.try_claim(LEASE).await.is_none());
}

#[tokio::test]
async fn every_job_is_claimed_once_by_twenty_claimers_of_one_project() {
    let fixture = Fixture::new().await;
    let project = fixture.project("wide", 1000, 1000).await;
    let wish = Wish {
        project,
        ..Wish::default()
    };
    for _ in 0..60 {
        fixture.create(&wish).await;
    }
    let drain = || async {
        let mut mine = Vec::new();
        while let Some(claimed) = fixture.try_claim(LEASE).await {
            mine.push(claimed.lease.job);
        }
        mine
    };
    let claimed: Vec<_> = join_all((0..20).map(|_| drain()))
        .await
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(
        claimed.len(),
        60,
        "a claim answers `nothing due` only when nothing is"
    );
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 60);
}

#[tokio::test]
async fn priority_decides_within_a_project_and_fairness_between_projects() {
    let fixture = Fixture::new().await;
    let busy = fixture.project("busy", 10, 100).await;
    let calm = fixture.project("calm", 10, 100).await;
    let wish = |project: &mltraining_domain::ProjectId, priority| Wish {
        project: project.clone(),
        priority,
        ..Wish::default()
    };
    let late = fixture.create(&wish(&busy, 3)).await.id;
    let first = fixture.create(&wish(&busy, 0)).await.id;
    let second = fixture.create(&wish(&busy, 2)).await.id;
    let other = fixture.create(&wish(&calm, 4)).await.id;
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(fixture.claim().await.lease.job);
    }
    assert_eq!(
        order,
        [first, other, second, late],
        "the project that runs least goes next, whatever its priority"
    );
}

#[tokio::test]
async fn a_paused_queue_and_an_unknown_kind_give_nothing() {
    let fixture = Fixture::new().await;
    fixture.create(&Wish::default()).await;
    fixture.store.pause_queue(DEFAULT_QUEUE).await.unwrap();
    assert!(
        fixture
            .store
            .queue_paused_at(DEFAULT_QUEUE)
            .await
            .unwrap()
            .is_some()
    );
    assert!(fixture.try_claim(LEASE).await.is_none());
    fixture.store.resume_queue(DEFAULT_QUEUE).await.unwrap();
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker: worker(),
        lease: LEASE,
        kinds: &[],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    assert!(fixture.store.claim_job(&request).await.unwrap().is_none());
    assert!(fixture.try_claim(LEASE).await.is_some());
    assert!(matches!(
        fixture.store.pause_queue("nowhere").await,
        Err(StoreError::NotFound { .. })
    ));
}

#[tokio::test]
async fn a_worker_may_sleep_until_the_next_job_is_due() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.store.next_due(DEFAULT_QUEUE).await.unwrap(), None);
    let id = fixture.create(&Wish::default()).await.id;
    assert_eq!(
        fixture.store.next_due(DEFAULT_QUEUE).await.unwrap(),
        None,
        "it is due, to be claimed and not waited for"
    );
    sqlx::query("update job set run_at = now() + interval '1 hour' where id = $1")
        .bind(id.0)
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    let due = fixture.store.next_due(DEFAULT_QUEUE).await.unwrap().unwrap();
    assert!(
        due > Duration::from_secs(3500) && due <= Duration::from_secs(3600),
        "{due:?}"
    );
    assert!(fixture.try_claim(LEASE).await.is_none());
}

#[tokio::test]
async fn each_class_of_failure_pays_from_its_own_budget() {
    let fixture = Fixture::new().await;
    for class in [FailureClass::User, FailureClass::Timeout, FailureClass::Resource] {
        let lease = fixture.running().await;
        let failed = fixture.store.fail_job(lease, &failure(class)).await.unwrap();
        assert_eq!(
            (failed.state, failed.retry_in),
            (JobState::Failed, None),
            "{class:?}"
        );
        let error = fixture.job(lease.job).await.error.unwrap();
        assert_eq!(
            (error.class, error.reason, error.phase),
            (Some(class), Reason::TooFewRows, Some(WorkPhase::Read))
        );
    }
    let transient = exhaust(&fixture, FailureClass::Transient).await;
    assert_eq!(transient, [JobState::Queued, JobState::Queued, JobState::Dead]);
    let infra = exhaust(&fixture, FailureClass::Infra).await;
    assert_eq!(
        (infra.len(), infra[19], infra[20]),
        (21, JobState::Queued, JobState::Dead)
    );
}

/// Fails a job until it ends, and returns the states that it went to.
async fn exhaust(fixture: &Fixture, class: FailureClass) -> Vec<JobState> {
    let id = fixture.create(&Wish::default()).await.id;
    let mut states = Vec::new();
    loop {
        let lease = fixture.claim().await.lease;
        let failed = fixture.store.fail_job(lease, &failure(class)).await.unwrap();
        states.push(failed.state);
        if failed.state.is_final() {
            return states;
        }
        assert!(failed.retry_in.unwrap() <= Duration::from_secs(900));
        let waiting = fixture.job(id).await;
        assert_eq!(
            waiting.error.unwrap().class,
            Some(class),
            "a job that waits to be tried again says why"
        );
        fixture.make_due(id).await;
    }
}

#[tokio::test]
async fn a_release_costs_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.create(&Wish::default()).await.id;
    for epoch in 1..=10 {
        let lease = fixture.claim().await.lease;
        assert_eq!(
            lease,
            Lease {
                job: id,
                epoch: Epoch(epoch)
            }
        );
        let released = fixture.store.release_job(lease).await.unwrap();
        assert_eq!(
            (released.state, released.retry_in),
            (JobState::Queued, Some(Duration::ZERO))
        );
    }
    let attempts = fixture.store.attempts(&[id]).await.unwrap();
    assert!(
        attempts
            .iter()
            .all(|(_, a)| a.outcome == Some(AttemptOutcome::Released))
    );
}

#[tokio::test]
async fn a_job_that_loses_its_worker_three_times_is_dead() {
    let fixture = Fixture::new().await;
    let id = fixture.create(&Wish::default()).await.id;
    let mut states = Vec::new();
    for _ in 0..3 {
        fixture.make_due(id).await;
        let lease = fixture.claim().await.lease;
        fixture.expire(lease).await;
        states.extend(fixture.reap().await.iter().map(|r| (r.state, r.reason)));
    }
    assert_eq!(
        states,
        [
            (JobState::Queued, Reason::LeaseExpired),
            (JobState::Queued, Reason::LeaseExpired),
            (JobState::Dead, Reason::Poison)
        ]
    );
}

#[tokio::test]
async fn a_lease_is_not_renewed_beyond_the_deadline() {
    let fixture = Fixture::new().await;
    let wish = Wish {
        timeout: Some(Span::from_secs(1)),
        ..Wish::default()
    };
    fixture.create(&wish).await;
    let lease = fixture.claim().await.lease;
    let sql = fixture.sql().await;
    sqlx::query("update job set deadline_at = now() - interval '2 minutes'")
        .execute(&sql)
        .await
        .unwrap();
    let beats = fixture.store.beat(&[lease], LEASE).await.unwrap();
    assert_eq!(beats.held[0].time_left, Duration::ZERO);
    let reaped = fixture.reap().await;
    assert_eq!(
        (reaped[0].state, reaped[0].reason),
        (JobState::Failed, Reason::JobTimeout)
    );
}

#[tokio::test]
async fn a_renewed_lease_is_not_reaped_and_nothing_is_reaped_right_after_a_start_of_postgres() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    assert!(fixture.reap().await.is_empty());
    fixture.expire(lease).await;
    let never = Duration::from_secs(100 * 365 * 86400);
    assert!(
        fixture.store.reap(100, never).await.unwrap().is_empty(),
        "Postgres started less than one lease ago"
    );
    fixture.store.beat(&[lease], LEASE).await.unwrap();
    assert!(fixture.reap().await.is_empty(), "renewed in time");
}

#[tokio::test]
async fn twenty_reapers_take_each_expired_lease_once() {
    let fixture = Fixture::new().await;
    let project = fixture.project("wide", 1000, 1000).await;
    let wish = Wish {
        project,
        ..Wish::default()
    };
    let mut leases = Vec::new();
    for _ in 0..40 {
        fixture.create(&wish).await;
        leases.push(fixture.claim().await.lease);
    }
    sqlx::query("update job set lease_expires_at = now() - interval '1 second'")
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    let reaped: Vec<_> = join_all((0..20).map(|_| fixture.reap()))
        .await
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(reaped.len(), 40);
    assert_eq!(
        reaped.iter().map(|r| r.lease.job).collect::<HashSet<_>>().len(),
        40
    );
}

#[tokio::test]
async fn a_claim_and_a_reaper_pass_over_what_another_one_has_locked() {
    let fixture = Fixture::new().await;
    let project = fixture.project("busy", 10, 10).await;
    let wish = Wish {
        project: project.clone(),
        ..Wish::default()
    };
    let first = fixture.create(&wish).await.id;
    let second = fixture.create(&wish).await.id;
    let hasty = Fixture {
        store: fixture.store.with_call_timeout(Duration::from_secs(20)),
        ..fixture
    };
    let sql = hasty.sql().await;
    let mut other = sql.begin().await.unwrap();
    let lock = sqlx::query("select 1 from job where id = $1 for update").bind(first.0);
    lock.execute(&mut *other).await.unwrap();
    let lease = hasty.claim().await.lease;
    assert_eq!(lease.job, second);
    other.rollback().await.unwrap();
    let lease = [lease, hasty.claim().await.lease];
    hasty.expire(lease[0]).await;
    hasty.expire(lease[1]).await;
    let mut other = sql.begin().await.unwrap();
    let lock = sqlx::query("select 1 from job where id = $1 for update").bind(lease[0].job.0);
    lock.execute(&mut *other).await.unwrap();
    let reaped = hasty.reap().await;
    assert_eq!(reaped.iter().map(|r| r.lease).collect::<Vec<_>>(), [lease[1]]);
    other.rollback().await.unwrap();
}

#[tokio::test]
async fn a_claim_passes_over_a_project_that_another_one_has_locked() {
    let fixture = Fixture::new().await;
    let busy = fixture.project("busy", 10, 10).await;
    let calm = fixture.project("calm", 10, 10).await;
    fixture
        .create(&Wish {
            project: busy.clone(),
            priority: 0,
            ..Wish::default()
        })
        .await;
    let expected = fixture
        .create(&Wish {
            project: calm,
            ..Wish::default()
        })
        .await
        .id;
    let sql = fixture.sql().await;
    let mut other = sql.begin().await.unwrap();
    let lock = sqlx::query("select 1 from project where id = $1 for update").bind(busy.as_str());
    lock.execute(&mut *other).await.unwrap();
    let hasty = Fixture {
        store: fixture.store.with_call_timeout(Duration::from_secs(20)),
        ..fixture
    };
    assert_eq!(hasty.claim().await.lease.job, expected);
    other.rollback().await.unwrap();
}

/// Comes back when a session of this database waits for a lock.
async fn somebody_waits_for_a_lock(sql: &sqlx::PgPool) {
    let waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(sql)
        .await
        .unwrap()
        == 0
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_claim_waits_for_the_only_project_with_a_due_job() {
    let fixture = Fixture::new().await;
    let expected = fixture.create(&Wish::default()).await.id;
    let sql = fixture.sql().await;
    let mut other = sql.begin().await.unwrap();
    let lock = sqlx::query("select 1 from project where id = 'default' for update");
    lock.execute(&mut *other).await.unwrap();
    let release = async {
        somebody_waits_for_a_lock(&sql).await;
        other.rollback().await.unwrap();
    };
    let (claimed, ()) = tokio::join!(fixture.try_claim(LEASE), async {
        tokio::time::timeout(Duration::from_secs(30), release)
            .await
            .expect("the claim does not wait");
    });
    assert_eq!(claimed.expect("it was due all the time").lease.job, expected);
}

#[tokio::test]
async fn progress_never_goes_back_within_an_attempt_and_starts_anew_with_the_next() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    fixture
        .store
        .report_progress(lease, 2, &progress(WorkPhase::Fit, 0.5))
        .await
        .unwrap();
    fixture
        .store
        .report_progress(lease, 1, &progress(WorkPhase::Read, 0.1))
        .await
        .unwrap();
    assert_eq!(fixture.job(lease.job).await.progress.unwrap().fraction, 0.5);
    fixture.store.release_job(lease).await.unwrap();
    let next = fixture.claim().await.lease;
    assert_eq!(fixture.job(lease.job).await.progress, None);
    fixture
        .store
        .report_progress(next, 1, &progress(WorkPhase::Read, 0.1))
        .await
        .unwrap();
    assert_eq!(fixture.job(lease.job).await.progress.unwrap().fraction, 0.1);
}

#[tokio::test]
async fn the_revision_changes_with_state_and_cancel_but_not_with_progress() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let before = fixture.job(lease.job).await.revision;
    fixture
        .store
        .report_progress(lease, 1, &progress(WorkPhase::Read, 0.1))
        .await
        .unwrap();
    fixture.store.beat(&[lease], LEASE).await.unwrap();
    assert_eq!(fixture.job(lease.job).await.revision, before);
    fixture
        .store
        .cancel_job(&fixture.project, lease.job, "ann", "", None)
        .await
        .unwrap();
    assert_eq!(fixture.job(lease.job).await.revision, before + 1);
    fixture.store.release_job(lease).await.unwrap();
    assert_eq!(fixture.job(lease.job).await.revision, before + 2);
}

#[tokio::test]
async fn jobs_ahead_counts_those_that_go_first() {
    let fixture = Fixture::new().await;
    let wish = |priority| Wish {
        priority,
        ..Wish::default()
    };
    fixture.create(&wish(2)).await;
    fixture.create(&wish(1)).await;
    let mine = fixture.create(&wish(2)).await;
    fixture.create(&wish(3)).await;
    assert_eq!(
        fixture.store.jobs_ahead(&fixture.project, mine.id).await.unwrap(),
        Some(2)
    );
    let priority = mltraining_domain::Priority::new(2).unwrap();
    assert_eq!(
        fixture
            .store
            .jobs_ahead_of_new(&fixture.project, DEFAULT_QUEUE, priority)
            .await
            .unwrap(),
        3
    );
    fixture.claim().await;
    fixture.claim().await;
    fixture.claim().await;
    assert_eq!(
        fixture.store.jobs_ahead(&fixture.project, mine.id).await.unwrap(),
        None,
        "it does not wait any more"
    );
}

#[tokio::test]
async fn a_job_for_a_deleted_model_is_refused() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let model = "pump".parse().unwrap();
    fixture
        .store
        .delete_model(&fixture.project, &model, None)
        .await
        .unwrap();
    assert_eq!(
        fixture.try_create(&Wish::default()).await,
        CreatedJob::ModelDeleted
    );
    fixture
        .store
        .undelete_model(&fixture.project, &model, None)
        .await
        .unwrap();
    assert!(matches!(
        fixture.try_create(&Wish::default()).await,
        CreatedJob::Created(_)
    ));
}

#[tokio::test]
async fn one_statement_serves_the_watchers_of_many_jobs() {
    let fixture = Fixture::new().await;
    let mut watched = Vec::new();
    for _ in 0..5 {
        watched.push((fixture.running().await.job, 1));
        fixture.store.set_quota(&fixture.project, 100, 100).await.unwrap();
    }
    let events = fixture.store.poll_events(&watched, 10).await.unwrap();
    let by_job: BTreeMap<_, Vec<i64>> = events.iter().fold(BTreeMap::new(), |mut map, event| {
        map.entry(event.job).or_insert_with(Vec::new).push(event.seq);
        map
    });
    assert_eq!(by_job.len(), 5);
    assert!(by_job.values().all(|seqs| *seqs == [2]));
}

#[tokio::test]
async fn a_worker_learns_what_runs_in_its_name() {
    let fixture = Fixture::new().await;
    let me = worker();
    assert!(fixture.store.leases_of(me).await.unwrap().is_empty());
    fixture.running().await;
    let mine = fixture.create(&Wish::default()).await;
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker: me,
        lease: LEASE,
        kinds: &[mltraining_domain::JobKind::Train],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    let lease = fixture.store.claim_job(&request).await.unwrap().unwrap().lease;
    assert_eq!(lease.job, mine.id);
    assert_eq!(fixture.store.leases_of(me).await.unwrap(), [lease]);
    fixture.store.release_job(lease).await.unwrap();
    assert!(fixture.store.leases_of(me).await.unwrap().is_empty());
}
