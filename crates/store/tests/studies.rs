//! Studies: a job that waits for jobs of its own without a worker, and trials that count once.
#![allow(clippy::unwrap_used)]

mod support;

use mltraining_domain::{
    Checked, Configuration, DisplayState, FailureClass, JobFailure, JobId, JobKind, JobState, Parameter,
    ParameterValues, Priority, Reason, Scale, SearchEnd, SearchMethod, Span, StudyMetric, TrialConfiguration,
    TrialError, TrialScore, TrialState, TuneSpec, WorkPhase, WorkerId,
};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimRequest, Lease};
use mltraining_store::jobs::{CreatedJob, NewJob, NewSpec, RetryOutcome};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::studies::{ParkOutcome, Parked, Parking, StoredStudy, TrialRecord};
use std::collections::BTreeMap;
use support::{Fixture, LEASE};
use uuid::Uuid;

const HOUR: Span = Span::from_mins(60);

fn spec() -> Checked<TuneSpec> {
    let spec = TuneSpec {
        train: support::spec("pump").into_inner(),
        space: vec![Parameter {
            name: "max_depth".to_owned(),
            values: ParameterValues::Integers {
                low: 1,
                high: 9,
                scale: Scale::Linear,
            },
        }],
        method: SearchMethod::Grid,
        metric: StudyMetric::RocAuc,
        max_trials: 9,
        max_duration: HOUR,
        halving: None,
        holdout_share: 0.2,
        parallel_jobs: 2,
        seed: 1,
    };
    spec.check().unwrap()
}

async fn claim(fixture: &Fixture) -> Option<Lease> {
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker: WorkerId(Uuid::now_v7()),
        lease: LEASE,
        kinds: &[JobKind::Tune, JobKind::Trial],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    fixture
        .store
        .claim_job(&request)
        .await
        .unwrap()
        .map(|job| job.lease)
}

/// A study that a worker has.
async fn running(fixture: &Fixture) -> Lease {
    let spec = spec();
    let job = NewJob {
        id: JobId(Uuid::now_v7()),
        project: &fixture.project,
        queue: DEFAULT_QUEUE,
        spec: NewSpec::Tune(&spec),
        idempotency: None,
        request_id: Some("req-1"),
        traceparent: None,
        created_by: "test",
        priority: Priority::DEFAULT,
        labels: &BTreeMap::from([("team".to_owned(), "a".to_owned())]),
        timeout: None,
    };
    let made = fixture.store.create_job(&job).await.unwrap();
    assert!(matches!(made, CreatedJob::Created(_)), "{made:?}");
    claim(fixture).await.unwrap()
}

async fn park(fixture: &Fixture, lease: Lease, parking: Parking<'_>) -> Result<ParkOutcome, StoreError> {
    let parked = Parked {
        parking,
        max_duration: HOUR,
        message: "waiting",
    };
    fixture.store.park_study(lease, &fixture.project, parked).await
}

/// A study that waits for two jobs with two trials each.
async fn waiting(fixture: &Fixture) -> (JobId, Vec<JobId>) {
    let lease = running(fixture).await;
    let trials: Vec<TrialConfiguration> = (1..=4)
        .map(|number| TrialConfiguration {
            number,
            parameters: Configuration::from([("max_depth".to_owned(), f64::from(number))]),
        })
        .collect();
    let jobs = spec().jobs_of(lease.job, 0, &trials);
    match park(fixture, lease, Parking::Rung(&jobs)).await.unwrap() {
        ParkOutcome::Waits(jobs) => (lease.job, jobs),
        ParkOutcome::Cancelled => panic!("nobody cancelled it"),
    }
}

fn scored(number: u32) -> TrialRecord {
    TrialRecord {
        rung: 0,
        number,
        outcome: Ok(TrialScore {
            value: 0.6,
            low: Some(0.5),
            high: None,
            cpu_seconds: 1.5,
        }),
    }
}

async fn study(fixture: &Fixture, job: JobId) -> StoredStudy {
    fixture.store.study(job, HOUR).await.unwrap()
}

fn states(study: &StoredStudy) -> Vec<TrialState> {
    study.trials.iter().map(|trial| trial.state).collect()
}

async fn fail(fixture: &Fixture, lease: Lease) {
    let failure = JobFailure {
        class: FailureClass::User,
        reason: Reason::TooFewRows,
        message: "too few rows".to_owned(),
        phase: WorkPhase::Read,
    };
    fixture.store.fail_job(lease, &failure).await.unwrap();
}

#[tokio::test]
async fn a_study_waits_without_a_worker_and_its_jobs_are_asked_for_as_it_was() {
    let fixture = Fixture::new().await;
    let (id, jobs) = waiting(&fixture).await;
    let parent = fixture.job(id).await;
    assert_eq!(parent.state, JobState::Queued);
    assert_eq!(parent.display_state(), DisplayState::Waiting);
    assert_eq!(parent.progress.unwrap().message, "waiting");
    assert_eq!(jobs.len(), 2);
    let child = fixture.job(jobs[0]).await;
    assert_eq!((child.kind, child.model), (JobKind::Trial, None));
    assert_eq!(
        (child.labels, child.request_id),
        (parent.labels, parent.request_id)
    );
    let known = study(&fixture, id).await;
    assert_eq!((known.open_jobs, known.end), (2, SearchEnd::Complete));
    assert_eq!(states(&known), [TrialState::Waiting; 4]);
    // Only its jobs are due.
    let (first, second) = (claim(&fixture).await.unwrap(), claim(&fixture).await.unwrap());
    assert!(jobs.contains(&first.job) && jobs.contains(&second.job));
    assert_eq!(claim(&fixture).await, None);
    assert_eq!(states(&study(&fixture, id).await), [TrialState::Running; 4]);
}

#[tokio::test]
async fn a_trial_counts_once_and_only_by_who_holds_its_job() {
    let fixture = Fixture::new().await;
    let (id, _) = waiting(&fixture).await;
    let lease = claim(&fixture).await.unwrap();
    let mine = fixture.job(lease.job).await.trial_spec().unwrap().trials[0].number;
    let other = (1..=4).find(|number| number % 2 != mine % 2).unwrap();
    assert!(fixture.store.record_trial(lease, &scored(mine)).await.unwrap());
    let again = TrialRecord {
        outcome: Err(TrialError {
            reason: Reason::TooFewRows,
            message: "later".to_owned(),
        }),
        ..scored(mine)
    };
    assert!(
        !fixture.store.record_trial(lease, &again).await.unwrap(),
        "the first counts"
    );
    assert!(
        !fixture.store.record_trial(lease, &scored(other)).await.unwrap(),
        "of another job"
    );
    fixture.expire(lease).await;
    fixture.reap().await;
    let lost = fixture.store.record_trial(lease, &scored(mine + 2)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost { .. })), "{lost:?}");
    let known = study(&fixture, id).await;
    let done: Vec<u32> = known
        .trials
        .iter()
        .filter(|trial| trial.state == TrialState::Succeeded)
        .map(|trial| trial.number)
        .collect();
    assert_eq!(done, [mine]);
    let score = known.trials.iter().find_map(|trial| trial.score).unwrap();
    assert_eq!((score.low, score.high), (Some(0.5), None));
}

#[tokio::test]
async fn the_end_of_the_last_job_wakes_the_study_and_no_end_before_does() {
    let fixture = Fixture::new().await;
    let (id, _) = waiting(&fixture).await;
    let (first, second) = (claim(&fixture).await.unwrap(), claim(&fixture).await.unwrap());
    let result = fixture.stage(first).await;
    fixture.store.finish_bare(first, result).await.unwrap();
    assert_eq!(fixture.store.wake_studies(10).await.unwrap(), []);
    fail(&fixture, second).await;
    assert_eq!(fixture.store.wake_studies(10).await.unwrap(), [id]);
    assert_eq!(fixture.store.wake_studies(10).await.unwrap(), [], "it is awake");
    assert_eq!(claim(&fixture).await.unwrap().job, id);
}

#[tokio::test]
async fn what_is_given_up_says_why_and_the_study_goes_on_at_once() {
    let fixture = Fixture::new().await;
    let (id, _) = waiting(&fixture).await;
    let lease = claim(&fixture).await.unwrap();
    let failed = fixture.job(lease.job).await.trial_spec().unwrap();
    fail(&fixture, lease).await;
    // The other job has not begun when the time is over.
    sqlx::query("update job set run_at = now() where id = $1")
        .bind(id.0)
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    let mut leases = [claim(&fixture).await.unwrap(), claim(&fixture).await.unwrap()];
    leases.sort_by_key(|lease| lease.job != id);
    let (parent, other) = (leases[0], leases[1]);
    park(&fixture, parent, Parking::GiveUp).await.unwrap();
    let known = study(&fixture, id).await;
    for trial in &known.trials {
        let of_failed = failed.trials.iter().any(|one| one.number == trial.number);
        let expected = if of_failed {
            TrialState::Failed
        } else {
            TrialState::Skipped
        };
        assert_eq!(trial.state, expected, "{trial:?}");
        let message = trial.error.as_ref().map(|error| error.message.as_str());
        assert_eq!(message, of_failed.then_some("too few rows"));
    }
    assert!(
        fixture.job(other.job).await.cancel.is_some(),
        "it is asked to stop"
    );
    let skipped = known
        .trials
        .iter()
        .find(|trial| trial.state == TrialState::Skipped)
        .unwrap();
    assert!(
        !fixture
            .store
            .record_trial(other, &scored(skipped.number))
            .await
            .unwrap(),
        "too late"
    );
    assert_eq!(claim(&fixture).await.unwrap().job, id);
}

#[tokio::test]
async fn a_cancelled_study_is_not_parked_and_its_jobs_are_stopped() {
    let fixture = Fixture::new().await;
    let lease = running(&fixture).await;
    let cancel = fixture
        .store
        .cancel_job(&fixture.project, lease.job, "ann", "", None);
    cancel.await.unwrap();
    assert_eq!(
        park(&fixture, lease, Parking::Wait).await.unwrap(),
        ParkOutcome::Cancelled
    );
    fixture.store.release_job(lease).await.unwrap();
    assert_eq!(fixture.job(lease.job).await.state, JobState::Cancelled);
    // One that waits is cancelled at once, and then its jobs, of which one runs.
    let (id, jobs) = waiting(&fixture).await;
    let runs = claim(&fixture).await.unwrap();
    assert_eq!(fixture.store.stop_children(10).await.unwrap(), []);
    let cancel = fixture.store.cancel_job(&fixture.project, id, "ann", "", None);
    cancel.await.unwrap();
    let mut stopped = fixture.store.stop_children(10).await.unwrap();
    let mut expected = jobs.clone();
    stopped.sort_by_key(|job| job.0);
    expected.sort_by_key(|job| job.0);
    assert_eq!(stopped, expected);
    for job in jobs {
        let job = fixture.job(job).await;
        let state = if job.id == runs.job {
            JobState::Running
        } else {
            JobState::Cancelled
        };
        assert_eq!((job.state, job.cancel.is_some()), (state, true));
    }
    assert_eq!(fixture.store.stop_children(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_stale_worker_parks_nothing() {
    let fixture = Fixture::new().await;
    let lease = running(&fixture).await;
    fixture.expire(lease).await;
    fixture.reap().await;
    let parked = park(&fixture, lease, Parking::Wait).await;
    assert!(matches!(parked, Err(StoreError::LeaseLost { .. })), "{parked:?}");
    // It waits as long as it was told to after a fault, though no job of it is open.
    assert_eq!(fixture.store.wake_studies(10).await.unwrap(), []);
}

#[tokio::test]
async fn jobs_of_a_study_whose_time_is_over_are_stopped_and_their_trials_skipped() {
    let fixture = Fixture::new().await;
    let (id, jobs) = waiting(&fixture).await;
    sqlx::query("update trial set created_at = created_at - interval '1 hour'")
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(fixture.store.stop_children(10).await.unwrap().len(), jobs.len());
    assert_eq!(fixture.store.wake_studies(10).await.unwrap(), [id]);
    let lease = claim(&fixture).await.unwrap();
    let known = study(&fixture, id).await;
    assert_eq!((known.open_jobs, known.end), (0, SearchEnd::TimeOver));
    park(&fixture, lease, Parking::GiveUp).await.unwrap();
    assert_eq!(states(&study(&fixture, id).await), [TrialState::Skipped; 4]);
}

/// Whether its trials are kept, when a study that has these failed and is retried.
async fn retried_with_its_trials(fixture: &Fixture, lease: Lease) -> bool {
    fail(fixture, lease).await;
    let before = study(fixture, lease.job).await.trials.len();
    let retried = fixture.store.retry_job(&fixture.project, lease.job, None).await;
    assert!(matches!(retried, Ok(RetryOutcome::Retried(_))), "{retried:?}");
    let after = study(fixture, lease.job).await.trials.len();
    assert!(before > 0 && (after == before || after == 0), "{before} {after}");
    after > 0
}

#[tokio::test]
async fn a_retried_study_keeps_what_a_whole_search_found_and_searches_anew_else() {
    let fixture = Fixture::new().await;
    let (id, _) = waiting(&fixture).await;
    for _ in 0..2 {
        let lease = claim(&fixture).await.unwrap();
        for trial in fixture.job(lease.job).await.trial_spec().unwrap().trials {
            assert!(
                fixture
                    .store
                    .record_trial(lease, &scored(trial.number))
                    .await
                    .unwrap()
            );
        }
        let result = fixture.stage(lease).await;
        fixture.store.finish_bare(lease, result).await.unwrap();
    }
    fixture.store.wake_studies(10).await.unwrap();
    let lease = claim(&fixture).await.unwrap();
    assert_eq!(lease.job, id);
    assert!(
        retried_with_its_trials(&fixture, lease).await,
        "the winner is there"
    );
    // One trial was skipped: what is missing would stay missing.
    sqlx::query("update trial set state = 'SKIPPED', score = null, score_low = null where number = 4")
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    let lease = claim(&fixture).await.unwrap();
    assert!(!retried_with_its_trials(&fixture, lease).await);
}

#[tokio::test]
async fn jobs_of_trials_are_retried_by_their_study_alone() {
    let fixture = Fixture::new().await;
    waiting(&fixture).await;
    let lease = claim(&fixture).await.unwrap();
    fail(&fixture, lease).await;
    let retried = fixture.store.retry_job(&fixture.project, lease.job, None).await;
    assert!(
        matches!(retried, Ok(RetryOutcome::NotRetryable(_))),
        "{retried:?}"
    );
}
