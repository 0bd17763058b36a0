//! Jobs that judge model versions: what they leave behind is committed with them, listed, and kept.
#![allow(clippy::unwrap_used)]

mod support;

use chrono::TimeDelta;
use mltraining_domain::{
    BacktestSpec, Checked, CompareSpec, CurvePoint, Curves, EvaluateSpec, Evaluation, Expected, JobId,
    JobKind, JobState, Period, PeriodPlace, ReproduceSpec, RowCounts, ScoredVersion, Span, StoredFile,
    TimeRange, TradingCosts, TrainedRows,
};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimRequest, Finished, Judged, Lease};
use mltraining_store::evaluations::{DeletedEvaluation, EvaluationFilter, StoredCurves};
use mltraining_store::jobs::{CreatedJob, JobView, NewJob, NewSpec};
use mltraining_store::models::What;
use mltraining_store::queues::DEFAULT_QUEUE;
use std::collections::BTreeMap;
use std::time::Duration;
use support::{Fixture, LEASE};
use uuid::Uuid;

fn trained() -> TrainedRows {
    TrainedRows {
        decisions: support::range(),
        latest_resolve: support::range().end,
        embargo: Span::ZERO,
        positives: 10,
        negatives: 90,
    }
}

fn version(number: i32) -> ScoredVersion {
    ScoredVersion {
        model: "pump".parse().unwrap(),
        version: number,
        train: support::spec("pump").into_inner(),
        trained: trained(),
        file: StoredFile {
            key: "default/x/1/model.mlts".to_owned(),
            sha256: "c".repeat(64),
            size_bytes: 10,
        },
        single_rule: None,
    }
}

fn evaluate() -> Checked<EvaluateSpec> {
    let spec = EvaluateSpec {
        version: version(1),
        range: support::range(),
        known_before: None,
        max_rows: 1000,
    };
    spec.check().unwrap()
}

fn of_period() -> Evaluation {
    Evaluation {
        period: Some(Period {
            range: support::range(),
            known_before: None,
            decisions: support::range(),
            latest_resolve: support::range().end,
            rows: RowCounts::default(),
            entities: 1,
            source_fingerprint: "a".repeat(64),
            place: PeriodPlace::After,
            trained: trained(),
        }),
        ..support::evaluation()
    }
}

async fn running(fixture: &Fixture, spec: NewSpec<'_>) -> Lease {
    let job = NewJob {
        id: mltraining_domain::JobId(Uuid::now_v7()),
        project: &fixture.project,
        queue: DEFAULT_QUEUE,
        spec,
        idempotency: None,
        request_id: None,
        traceparent: None,
        created_by: "test",
        priority: mltraining_domain::Priority::DEFAULT,
        labels: &BTreeMap::new(),
        timeout: None,
    };
    let made = fixture.store.create_job(&job).await.unwrap();
    assert!(matches!(made, CreatedJob::Created(_)), "{made:?}");
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker: support::worker(),
        lease: LEASE,
        kinds: &[
            JobKind::Evaluate,
            JobKind::Compare,
            JobKind::Backtest,
            JobKind::Reproduce,
        ],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    fixture.store.claim_job(&request).await.unwrap().unwrap().lease
}

async fn judged(fixture: &Fixture, version: i32) -> (Lease, Result<Finished, StoreError>) {
    judged_as(fixture, version, &of_period()).await
}

async fn judged_as(
    fixture: &Fixture,
    version: i32,
    evaluation: &Evaluation,
) -> (Lease, Result<Finished, StoreError>) {
    let spec = evaluate();
    let lease = running(fixture, NewSpec::Evaluate(&spec)).await;
    let result = fixture.stage(lease).await;
    let model = "pump".parse().unwrap();
    let judged = Judged {
        model: &model,
        version,
        evaluation,
    };
    (
        lease,
        fixture.store.finish_evaluation(lease, result, judged).await,
    )
}

#[tokio::test]
async fn an_evaluation_of_a_period_is_committed_with_its_job_beside_that_of_the_training() {
    let fixture = Fixture::new().await;
    let (training, _) = fixture.succeeded().await;
    let (lease, finished) = judged(&fixture, 1).await;
    assert_eq!(finished.unwrap(), Finished::Succeeded { version: None });
    let job = fixture.job(lease.job).await;
    assert_eq!((job.state, job.model.is_none()), (JobState::Succeeded, true));
    assert_eq!(job.evaluate_spec().unwrap(), *evaluate());
    let result = job.result.unwrap();
    assert_eq!((result.version, result.metrics), (None, Some(support::metrics())));
    let found = fixture
        .store
        .evaluation(&fixture.project, result.evaluation.unwrap())
        .await;
    let found = found.unwrap();
    assert_eq!(
        (found.model.as_str(), found.version, found.job),
        ("pump", 1, lease.job)
    );
    assert_eq!((found.evaluation, found.features.len()), (of_period(), 2));

    let listed = async |filter| {
        let page = fixture
            .store
            .list_evaluations(&fixture.project, &filter, None, 10)
            .await;
        page.unwrap()
            .into_iter()
            .map(|one| (one.job, one.period))
            .collect::<Vec<_>>()
    };
    let model = || "pump".parse().unwrap();
    let both = [(lease.job, Some(support::range())), (training, None)];
    assert_eq!(listed(EvaluationFilter::All).await, both);
    assert_eq!(listed(EvaluationFilter::Model(model())).await, both);
    assert_eq!(listed(EvaluationFilter::Version(model(), 1)).await, both);
    assert_eq!(listed(EvaluationFilter::Version(model(), 2)).await, []);
    let version = fixture.store.model(&fixture.project, &model()).await.unwrap();
    assert_eq!(version.version_count, 1, "no version was made");
}

#[tokio::test]
async fn the_evaluation_of_a_version_that_is_gone_is_refused_and_the_job_goes_on() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (lease, refused) = judged(&fixture, 7).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    assert_eq!(fixture.job(lease.job).await.state, JobState::Running);
}

/// A job that has walked through time.
async fn walk(fixture: &Fixture) -> Lease {
    let (whole, noon) = (support::range(), support::range().start + TimeDelta::hours(12));
    let spec = BacktestSpec {
        train: version(1).train,
        version: Some(1),
        range: TimeRange { start: noon, ..whole },
        step: Span::from_mins(60),
        window: None,
        costs: TradingCosts::default(),
    };
    let spec = spec.check().unwrap();
    let lease = running(fixture, NewSpec::Backtest(&spec)).await;
    let result = fixture.stage(lease).await;
    let body = serde_json::json!({"periods": []});
    fixture.store.finish_found(lease, result, &body).await.unwrap();
    assert_eq!(fixture.job(lease.job).await.backtest_spec().unwrap(), *spec);
    lease
}

/// A job that compares versions 1 and 2.
async fn compare(fixture: &Fixture) -> Lease {
    let spec = CompareSpec {
        versions: vec![version(1), version(2)],
        range: support::range(),
        known_before: None,
        max_rows: 1000,
        seed: 42,
    };
    running(fixture, NewSpec::Compare(&spec.check().unwrap())).await
}

/// The jobs that go forward from a version of `pump`, newest first, read one by one.
async fn uses(fixture: &Fixture, version: i32) -> Vec<JobId> {
    let (model, mut after, mut jobs) = ("pump".parse().unwrap(), None, Vec::new());
    loop {
        let page = fixture
            .store
            .uses(&fixture.project, &model, version, after.as_ref(), 1)
            .await
            .unwrap();
        let Some(last) = page.last() else { return jobs };
        after = Some(last.cursor.clone());
        if let What::Job { job, .. } = last.what {
            jobs.push(job);
        }
    }
}

#[tokio::test]
async fn every_job_that_names_a_version_goes_forward_from_it() {
    let fixture = Fixture::new().await;
    let (training, _) = fixture.succeeded().await;
    let (evaluation, _) = judged(&fixture, 1).await;
    let walk = walk(&fixture).await;
    let again = ReproduceSpec {
        job: training,
        train: version(1).train,
        expected: Expected {
            model_sha256: "a".repeat(64),
            source_fingerprint: "b".repeat(64),
            service_version: "0.1.0".to_owned(),
            spec_hash: "c".repeat(64),
        },
        source_days: None,
    };
    let again = running(&fixture, NewSpec::Reproduce(&again.check().unwrap())).await;
    let comparison = compare(&fixture).await;
    let all = [comparison.job, again.job, walk.job, evaluation.job];
    assert_eq!(uses(&fixture, 1).await, all);
    assert_eq!(uses(&fixture, 2).await, [comparison.job]);
    let origin = fixture
        .store
        .origin(&fixture.project, &"pump".parse().unwrap(), 1)
        .await
        .unwrap();
    assert_eq!((origin.job, origin.attempts), (training, 1));
}

#[tokio::test]
async fn curves_are_kept_apart_from_the_evaluation_and_read_back_as_they_were() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let curves = Curves {
        roc: vec![CurvePoint { x: 0.1, y: 1.0 / 3.0 }],
        ..Curves::default()
    };
    let evaluation = Evaluation {
        curves: Some(curves.clone()),
        ..of_period()
    };
    let lease = judged_as(&fixture, 1, &evaluation).await.0;
    let id = fixture.job(lease.job).await.result.unwrap().evaluation.unwrap();
    let (store, project) = (&fixture.store, &fixture.project);
    let kept = store.evaluation_curves(project, id).await.unwrap();
    assert_eq!(kept, StoredCurves::Kept(curves));
    let whole = store.evaluation(project, id).await.unwrap();
    assert_eq!(whole.evaluation, of_period(), "the evaluation reads without them");
}

#[tokio::test]
async fn a_deleted_evaluation_is_gone_and_its_job_goes_by_its_age_while_that_of_a_training_stays() {
    let fixture = Fixture::new().await;
    let (training, _) = fixture.succeeded().await;
    let (lease, _) = judged(&fixture, 1).await;
    let (store, project) = (&fixture.store, &fixture.project);
    let id = async |job| fixture.job(job).await.result.unwrap().evaluation;
    let of_period = id(lease.job).await.unwrap();
    let gone = store.delete_evaluation(project, of_period).await.unwrap();
    assert_eq!(gone, DeletedEvaluation::Gone { job: lease.job });
    let again = store.delete_evaluation(project, of_period).await;
    assert!(matches!(again, Err(StoreError::NotFound { .. })), "{again:?}");
    assert_eq!(id(lease.job).await, None, "its job tells of none");

    let of_training = id(training).await.unwrap();
    let refused = store.delete_evaluation(project, of_training).await.unwrap();
    assert!(
        matches!(refused, DeletedEvaluation::OfTraining { version: 1, .. }),
        "{refused:?}"
    );
    assert_eq!(id(training).await, Some(of_training));

    let expired = store.expired_jobs(Duration::ZERO, None, 10).await.unwrap().jobs;
    assert_eq!(expired.iter().map(|job| job.id).collect::<Vec<_>>(), [lease.job]);
    let removed = store
        .remove_expired_jobs(Duration::ZERO, &[lease.job, training])
        .await;
    assert_eq!(removed.unwrap(), 1);
    assert_eq!(uses(&fixture, 1).await, [], "what it named goes with it");
}

#[tokio::test]
async fn jobs_that_judged_versions_outlive_any_age() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (evaluation, _) = judged(&fixture, 1).await;
    let walk = walk(&fixture).await;
    let lease = compare(&fixture).await;
    let result = fixture.stage(lease).await;
    let body = serde_json::json!({"overall": "unknown"});
    fixture.store.finish_found(lease, result, &body).await.unwrap();
    assert_eq!(
        fixture
            .job(lease.job)
            .await
            .compare_spec()
            .unwrap()
            .versions
            .len(),
        2
    );
    let page = fixture
        .store
        .expired_jobs(Duration::ZERO, None, 10)
        .await
        .unwrap();
    assert_eq!(page.jobs, [], "they are not even looked at");
    let gone = fixture
        .store
        .remove_expired_jobs(Duration::ZERO, &[evaluation.job, lease.job, walk.job])
        .await;
    assert_eq!(gone.unwrap(), 0);
    let kept = fixture
        .store
        .job(&fixture.project, lease.job, JobView::Full)
        .await
        .unwrap();
    assert_eq!(kept.result.unwrap().body, Some(body));
}
