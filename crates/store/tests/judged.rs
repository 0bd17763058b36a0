//! Jobs that judge model versions: what they leave behind is committed with them, listed, and kept.
#![allow(clippy::unwrap_used)]

mod support;

use chrono::TimeDelta;
use mltraining_domain::{
    BacktestSpec, Checked, CompareSpec, EvaluateSpec, Evaluation, JobKind, JobState, Period, PeriodPlace,
    RowCounts, ScoredVersion, Span, StoredFile, TimeRange, TradingCosts, TrainedRows,
};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimRequest, Finished, Judged, Lease};
use mltraining_store::evaluations::EvaluationFilter;
use mltraining_store::jobs::{CreatedJob, JobView, NewJob, NewSpec};
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
        kinds: &[JobKind::Evaluate, JobKind::Compare, JobKind::Backtest],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    fixture.store.claim_job(&request).await.unwrap().unwrap().lease
}

async fn judged(fixture: &Fixture, version: i32) -> (Lease, Result<Finished, StoreError>) {
    let spec = evaluate();
    let lease = running(fixture, NewSpec::Evaluate(&spec)).await;
    let result = fixture.stage(lease).await;
    let (model, evaluation) = ("pump".parse().unwrap(), of_period());
    let judged = Judged {
        model: &model,
        version,
        evaluation: &evaluation,
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

#[tokio::test]
async fn jobs_that_judged_versions_outlive_any_age() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (evaluation, _) = judged(&fixture, 1).await;
    let walk = walk(&fixture).await;
    let spec = CompareSpec {
        versions: vec![version(1), version(2)],
        range: support::range(),
        known_before: None,
        max_rows: 1000,
        seed: 42,
    };
    let spec = spec.check().unwrap();
    let lease = running(&fixture, NewSpec::Compare(&spec)).await;
    let result = fixture.stage(lease).await;
    let body = serde_json::json!({"overall": "unknown"});
    fixture.store.finish_found(lease, result, &body).await.unwrap();
    assert_eq!(fixture.job(lease.job).await.compare_spec().unwrap(), *spec);
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
