//! A database with one source, and the usual ways through a job's life.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use chrono::{TimeZone, Utc};
use mltraining_domain::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, Checked, ColumnRole, DataType, Direction, DuplicateRule,
    Evaluation, FailureClass, FeatureSpec, IdempotencyKey, JobFailure, JobId, JobKind, LabelSpec, Metrics,
    Priority, ProjectId, Reason, ResultId, RowCounts, SampleWeight, SourceColumn, SourceId, SourceSpec, Span,
    SplitSpec, ThresholdSpec, TimeRange, TrainSpec, VersionFacts, WorkPhase, WorkerId,
};
use mltraining_store::Store;
use mltraining_store::claims::{ArtifactFile, ClaimRequest, ClaimedJob, Finished, Lease, Trained};
use mltraining_store::jobs::{CreatedJob, Job, JobView, NewJob, NewSpec};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::sources::{CreatedSource, Idempotency, NewSource};
use mltraining_store::testing::TestDatabase;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

pub const LEASE: Duration = Duration::from_secs(60);

pub struct Fixture {
    // Dropped before the database.
    pub store: Store,
    pub database: TestDatabase,
    pub project: ProjectId,
}

/// What a new job may differ in from the usual one.
#[derive(Clone)]
pub struct Wish {
    pub project: ProjectId,
    pub model: &'static str,
    pub priority: i32,
    pub idempotency: Option<Idempotency>,
    pub labels: BTreeMap<String, String>,
    pub timeout: Option<Span>,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            project: ProjectId::default_project(),
            model: "pump",
            priority: 2,
            idempotency: None,
            labels: BTreeMap::new(),
            timeout: None,
        }
    }
}

pub fn range() -> TimeRange {
    TimeRange {
        start: Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(),
        end: Utc.with_ymd_and_hms(2026, 1, 2, 0, 0, 0).unwrap(),
    }
}

pub fn spec(model: &str) -> Checked<TrainSpec> {
    TrainSpec {
        model: model.parse().unwrap(),
        source: "candles".parse().unwrap(),
        range: range(),
        label: LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column: None,
            change: 0.1,
            direction: Direction::Up,
            horizon: Span::from_mins(10),
            tolerance: None,
        }),
        features: FeatureSpec::default(),
        algorithm: AlgorithmSpec::default(),
        split: SplitSpec::default(),
        unseen_entity_share: None,
        sample_weight: SampleWeight::None,
        calibration: Calibration::None,
        known_before: None,
        threshold: ThresholdSpec::default(),
        seed: 7,
        entities: Vec::new(),
        phases: Vec::new(),
        max_rows: 1000,
    }
    .check()
    .unwrap()
}

pub fn source_spec() -> SourceSpec {
    SourceSpec {
        schema: "public".to_owned(),
        table: "candles".to_owned(),
        entity_column: Some("symbol".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "at".to_owned(),
        phase_column: None,
        columns: vec![SourceColumn {
            name: "close".to_owned(),
            data_type: DataType::Float,
            role: ColumnRole::Close,
            unit: "USD".to_owned(),
        }],
        bar_interval: Span::from_mins(5),
        duplicate_rule: DuplicateRule::Refuse,
        phases: Vec::new(),
    }
}

pub fn new_source(project: &ProjectId, id: &str) -> NewSource {
    NewSource {
        project: project.clone(),
        id: id.parse().unwrap(),
        display_name: "Candles".to_owned(),
        spec: source_spec(),
        idempotency: None,
        created_by: "test".to_owned(),
    }
}

pub fn source_id(text: &str) -> SourceId {
    text.parse().unwrap()
}

pub fn idempotency(content: u8) -> Idempotency {
    Idempotency {
        key: IdempotencyKey(Uuid::now_v7()),
        request_hash: [content; 32],
    }
}

pub fn metrics() -> Metrics {
    Metrics {
        rows: 100,
        positives: 10,
        roc_auc: Some(0.7),
        average_precision: Some(0.3),
        ..Metrics::default()
    }
}

pub fn evaluation() -> Evaluation {
    Evaluation {
        folds: Vec::new(),
        overall: metrics(),
        baselines: Vec::new(),
        skill: Some(0.1),
        importances: vec![0.25, 0.75],
        ..Evaluation::default()
    }
}

pub fn facts() -> VersionFacts {
    VersionFacts {
        source_fingerprint: "a".repeat(64),
        spec_hash: "b".repeat(64),
        feature_names: vec!["close".to_owned(), "hour_of_day".to_owned()],
        rows: RowCounts::default(),
        decision_range: range(),
        latest_resolve_time: range().end,
        entities: 3,
        threshold: Some(0.5),
        model_sha256: "c".repeat(64),
        service_version: "0.1.0".to_owned(),
        git_hash: "1a2b3c4".to_owned(),
    }
}

pub fn file(result: ResultId, name: &str) -> ArtifactFile {
    ArtifactFile {
        file_name: name.to_owned(),
        storage_key: format!("default/{}/{name}", result.0),
        media_type: "application/json".to_owned(),
        size_bytes: 10,
        sha256: [7; 32],
    }
}

pub fn failure(class: FailureClass) -> JobFailure {
    JobFailure {
        class,
        reason: Reason::TooFewRows,
        message: "12 rows".to_owned(),
        phase: WorkPhase::Read,
    }
}

/// Waits until `probe` holds.
pub async fn until(what: &str, probe: impl AsyncFn() -> bool) {
    let patience = async {
        while !probe().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(LEASE, patience).await;
    waited.unwrap_or_else(|_| panic!("gave up waiting: {what}"));
}

pub fn worker() -> WorkerId {
    WorkerId(Uuid::now_v7())
}

impl Fixture {
    pub async fn new() -> Self {
        let database = TestDatabase::migrated().await;
        let store = database.store().await;
        let project = ProjectId::default_project();
        store
            .create_source(&new_source(&project, "candles"))
            .await
            .unwrap();
        Self {
            store,
            database,
            project,
        }
    }

    /// Another project with the same source.
    pub async fn project(&self, name: &str, max_running: i32, max_queued: i32) -> ProjectId {
        let id: ProjectId = name.parse().unwrap();
        self.store.ensure_project(&id).await.unwrap();
        self.store.set_quota(&id, max_running, max_queued).await.unwrap();
        let made = self
            .store
            .create_source(&new_source(&id, "candles"))
            .await
            .unwrap();
        assert!(matches!(
            made,
            CreatedSource::Created(_) | CreatedSource::Existing(_)
        ));
        id
    }

    pub async fn try_create(&self, wish: &Wish) -> CreatedJob {
        let spec = spec(wish.model);
        let job = NewJob {
            id: JobId(Uuid::now_v7()),
            project: &wish.project,
            queue: DEFAULT_QUEUE,
            spec: NewSpec::Train(&spec),
            idempotency: wish.idempotency,
            request_id: Some("req-1"),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            created_by: "test",
            priority: Priority::new(wish.priority).unwrap(),
            labels: &wish.labels,
            timeout: wish.timeout,
        };
        self.store.create_job(&job).await.unwrap()
    }

    pub async fn create(&self, wish: &Wish) -> Job {
        match self.try_create(wish).await {
            CreatedJob::Created(job) => job,
            other => panic!("not created: {other:?}"),
        }
    }

    pub async fn try_claim(&self, lease: Duration) -> Option<ClaimedJob> {
        let request = ClaimRequest {
            queue: DEFAULT_QUEUE,
            worker: worker(),
            lease,
            kinds: &[JobKind::Train],
            max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
            free_memory_bytes: u64::MAX,
            large_worker_grace: lease,
        };
        self.store.claim_job(&request).await.unwrap()
    }

    pub async fn claim(&self) -> ClaimedJob {
        self.try_claim(LEASE).await.expect("a job is due")
    }

    /// A job made and claimed.
    pub async fn running(&self) -> Lease {
        let job = self.create(&Wish::default()).await;
        let lease = self.claim().await.lease;
        assert_eq!(lease.job, job.id);
        lease
    }

    pub async fn job(&self, id: JobId) -> Job {
        self.store.job(&self.project, id, JobView::Full).await.unwrap()
    }

    pub async fn stage(&self, lease: Lease) -> ResultId {
        let result = ResultId(Uuid::now_v7());
        let files = [file(result, "model.mlts"), file(result, "metrics.json")];
        self.store.stage_result(lease, result, &files).await.unwrap();
        result
    }

    pub async fn finish(
        &self,
        lease: Lease,
        result: ResultId,
    ) -> Result<Finished, mltraining_store::StoreError> {
        let spec = spec("pump");
        let trained = Trained {
            spec: &spec,
            facts: &facts(),
            evaluation: &evaluation(),
            found: None,
        };
        self.store.finish_train(lease, result, trained).await
    }

    /// A job made, claimed and finished.
    pub async fn succeeded(&self) -> (JobId, ResultId) {
        let lease = self.running().await;
        let result = self.stage(lease).await;
        assert!(matches!(
            self.finish(lease, result).await,
            Ok(Finished::Succeeded { .. })
        ));
        (lease.job, result)
    }

    /// A connection of the test's own, for what no call of the store does.
    pub async fn sql(&self) -> sqlx::PgPool {
        sqlx::PgPool::connect(self.database.url()).await.unwrap()
    }

    /// Lets the lease run out, as a worker that stopped renewing would, without waiting for it.
    pub async fn expire(&self, lease: Lease) {
        let done = sqlx::query("update job set lease_expires_at = now() - interval '1 second' where id = $1")
            .bind(lease.job.0)
            .execute(&self.sql().await)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    }

    /// Takes back what has run out. A lease of no length: the server may have started a moment ago.
    pub async fn reap(&self) -> Vec<mltraining_store::claims::Reaped> {
        self.store.reap(100, Duration::ZERO).await.unwrap()
    }

    /// Makes a waiting job due now, without waiting for its backoff.
    pub async fn make_due(&self, id: JobId) {
        sqlx::query("update job set run_at = now() where id = $1")
            .bind(id.0)
            .execute(&self.sql().await)
            .await
            .unwrap();
    }
}
