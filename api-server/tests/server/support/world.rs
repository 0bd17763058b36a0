//! A project in which everything exists that a request can name: source `x`, the job of [`super::requests::JOB`],
//! model `x` with version 1, and its file `model.mlts`.

use super::requests::{JOB, KEY};
use bytes::Bytes;
use chrono::{TimeZone, Utc};
use mltraining_artifacts::{Artifacts, Key, Sha256};
use mltraining_domain::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, Checked, ColumnRole, CurvePoint, Curves, DataType,
    Direction, DuplicateRule, Evaluation, FeatureSpec, GaussianNbSpec, JobId, JobKind, LabelSpec, Metrics,
    Priority, ProjectId, ResultId, Role, RowCounts, SampleWeight, Slice, SliceKind, Slices, SourceColumn,
    SourceSpec, Span, SplitSpec, ThresholdSpec, TimeRange, TrainSpec, VersionFacts, WorkerId,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{self, Header, ModelFile};
use mltraining_store::Store;
use mltraining_store::api_keys::NewApiKey;
use mltraining_store::claims::{ArtifactFile, ClaimRequest, Finished, Lease, Trained};
use mltraining_store::jobs::{CreatedJob, NewJob, NewSpec};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::sources::NewSource;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

const FILE: &str = "model.mlts";

/// Makes it all.
pub async fn furnish(store: &Store, artifacts: &Artifacts, project: &ProjectId) {
    store.ensure_project(project).await.unwrap();
    let source = NewSource {
        project: project.clone(),
        id: "x".parse().unwrap(),
        display_name: "x".to_owned(),
        spec: source(),
        idempotency: None,
        created_by: "test".to_owned(),
    };
    store.create_source(&source).await.unwrap();
    let key = NewApiKey {
        id: Uuid::now_v7(),
        short_id: KEY.to_owned(),
        secret_hash: [0; 32],
        display_name: "x".to_owned(),
        project: project.clone(),
        role: Role::Viewer,
        created_by: "test".to_owned(),
        expires_at: None,
    };
    store.create_api_key(&key).await.unwrap();
    make_version(store, artifacts, project, JOB.parse().unwrap()).await;
}

/// One more version of model `x`, made by this job.
pub async fn make_version(store: &Store, artifacts: &Artifacts, project: &ProjectId, job: JobId) {
    create_job(store, project, job).await;
    finish(store, artifacts, project).await;
}

/// Puts a model that can predict in the place of version 1's file. The database then has to be told by the statement.
pub async fn usable_model(artifacts: &Artifacts, project: &ProjectId) -> String {
    let content = Bytes::from(model());
    let key = Key::new(project.as_str(), Uuid::now_v7(), 1, FILE).unwrap();
    artifacts.put(&key, content.clone()).await.unwrap();
    format!(
        "update artifact set storage_key = '{key}', size_bytes = {}, sha256 = decode('{}', 'hex')
          where file_name = '{FILE}' and result_id = (select result_id from job where id = '{JOB}')",
        content.len(),
        Sha256::of(&content)
    )
}

/// A model of the one feature `close`.
fn model() -> Vec<u8> {
    let x = Matrix::new(vec!["close".to_owned()], vec![(0..40u8).map(f32::from).collect()]).unwrap();
    let labels: Vec<u8> = (0..40).map(|row| u8::from(row >= 20)).collect();
    let rows: Vec<u32> = (0..40).collect();
    let algorithm = AlgorithmSpec::GaussianNb(GaussianNbSpec::default());
    let header = Header {
        spec_hash: facts().spec_hash,
        source_fingerprint: facts().source_fingerprint,
        feature_names: x.names().to_vec(),
        label: serde_json::to_value(&spec().label).unwrap(),
        threshold: Some(0.5),
        calibration: None,
        seed: 7,
        service_version: "0.1.0".to_owned(),
    };
    model_file::encode(&ModelFile {
        header,
        model: fit(&algorithm, &x, &rows, &labels, 7, &Control::none()).unwrap(),
    })
}

/// Does the next job, as a worker does.
async fn finish(store: &Store, artifacts: &Artifacts, project: &ProjectId) {
    let lease = claim(store).await;
    let result = ResultId(Uuid::now_v7());
    let content = Bytes::from_static(b"a model");
    let key = Key::new(project.as_str(), lease.job.0, lease.epoch.0, FILE).unwrap();
    let file = ArtifactFile {
        file_name: FILE.to_owned(),
        storage_key: key.to_string(),
        media_type: "application/octet-stream".to_owned(),
        size_bytes: content.len() as i64,
        sha256: Sha256::of(&content).0,
    };
    artifacts.put(&key, content).await.unwrap();
    store.stage_result(lease, result, &[file]).await.unwrap();
    let trained = Trained {
        spec: &spec(),
        facts: &facts(),
        evaluation: &evaluation(),
        found: None,
    };
    let finished = Box::pin(store.finish_train(lease, result, trained))
        .await
        .unwrap();
    assert!(matches!(finished, Finished::Succeeded { .. }));
}

async fn create_job(store: &Store, project: &ProjectId, id: JobId) {
    let (spec, labels) = (spec(), BTreeMap::new());
    let job = NewJob {
        id,
        project,
        queue: DEFAULT_QUEUE,
        spec: NewSpec::Train(&spec),
        idempotency: None,
        request_id: None,
        traceparent: None,
        created_by: "test",
        priority: Priority::new(2).unwrap(),
        labels: &labels,
        timeout: None,
    };
    let created = store.create_job(&job).await.unwrap();
    assert!(matches!(created, CreatedJob::Created(_)));
}

async fn claim(store: &Store) -> Lease {
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker: WorkerId(Uuid::now_v7()),
        lease: Duration::from_secs(60),
        kinds: &[JobKind::Train],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: Duration::from_secs(60),
    };
    store.claim_job(&request).await.unwrap().unwrap().lease
}

fn source() -> SourceSpec {
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

fn range() -> TimeRange {
    TimeRange {
        start: Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(),
        end: Utc.with_ymd_and_hms(2026, 1, 2, 0, 0, 0).unwrap(),
    }
}

fn spec() -> Checked<TrainSpec> {
    let label = ChangeAtHorizon {
        column: None,
        change: 0.1,
        direction: Direction::Up,
        horizon: Span::from_mins(10),
        tolerance: None,
    };
    let spec = TrainSpec {
        model: "x".parse().unwrap(),
        source: "x".parse().unwrap(),
        range: range(),
        label: LabelSpec::ChangeAtHorizon(label),
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
    };
    spec.check().unwrap()
}

fn evaluation() -> Evaluation {
    let overall = Metrics {
        rows: 100,
        positives: 10,
        roc_auc: Some(0.7),
        ..Metrics::default()
    };
    Evaluation {
        folds: Vec::new(),
        overall,
        baselines: Vec::new(),
        skill: None,
        importances: vec![1.0],
        slices: slices(),
        curves: Some(Curves {
            roc: [(0.0, 0.0), (0.25, 0.5), (1.0, 1.0)]
                .map(CurvePoint::from)
                .to_vec(),
            ..Curves::default()
        }),
        ..Evaluation::default()
    }
}

/// Two entities and a day.
fn slices() -> Vec<Slices> {
    let of = |kind, values: &[&str]| Slices {
        kind,
        slices: values
            .iter()
            .map(|value| Slice {
                value: (*value).to_owned(),
                metrics: Metrics::default(),
            })
            .collect(),
        other_values: 3,
        other_rows: 30,
    };
    vec![
        of(SliceKind::Entity, &["a", "b"]),
        of(SliceKind::Day, &["2026-01-01"]),
    ]
}

fn facts() -> VersionFacts {
    VersionFacts {
        source_fingerprint: "a".repeat(64),
        spec_hash: "b".repeat(64),
        feature_names: vec!["close".to_owned()],
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
