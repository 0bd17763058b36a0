//! Jobs, and the store that a worker has: what the loads on the engine are made of.

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, Checked, ColumnRole, DataType, Direction, DuplicateRule,
    Evaluation, FeatureSpec, JobId, JobKind, LabelSpec, Metrics, Priority, ProjectId, ResultId, RowCounts,
    SampleWeight, SourceColumn, SourceSpec, Span, SplitSpec, ThresholdSpec, TimeRange, TrainSpec,
    VersionFacts, WorkerId,
};
use mltraining_store::claims::{ArtifactFile, ClaimRequest, ClaimedJob};
use mltraining_store::jobs::{CreatedJob, NewJob, NewSpec};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::sources::NewSource;
use mltraining_store::{Store, StoreConfig, StoreError};
use mltraining_tests::database::Database;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// A lease that no load outlives.
pub(super) const LEASE: Duration = Duration::from_secs(600);
/// More than any load has running or waiting.
const NO_LIMIT: i32 = 1_000_000;
const MODEL: &str = "bench";
const SOURCE: &str = "candles";

/// A store with a pool of its own, as each process has one.
///
/// # Errors
/// When Postgres does not answer.
pub(super) async fn store(database: &Database, connections: u32) -> anyhow::Result<Store> {
    let config = StoreConfig {
        max_connections: connections,
        acquire_timeout: Duration::from_secs(30),
        ..StoreConfig::new(database.url(), "bench")
    };
    Ok(Store::connect(&config).await?)
}

/// A database with the schema, and `count` projects with a source and without limits.
///
/// # Errors
/// When Postgres does not answer.
pub(super) async fn database(count: u32) -> anyhow::Result<(Database, Vec<ProjectId>)> {
    let database = Database::create();
    let store = store(&database, 1).await?;
    store.migrate_up().await?;
    let mut projects = Vec::new();
    for number in 0..count {
        let project: ProjectId = format!("bench-{number}").parse().context("the name is a slug")?;
        store.ensure_project(&project).await?;
        store.set_quota(&project, NO_LIMIT, NO_LIMIT).await?;
        store.create_source(&source(&project)?).await?;
        projects.push(project);
    }
    Ok((database, projects))
}

fn source(project: &ProjectId) -> anyhow::Result<NewSource> {
    let close = SourceColumn {
        name: "close".to_owned(),
        data_type: DataType::Float,
        role: ColumnRole::Close,
        unit: "USD".to_owned(),
    };
    Ok(NewSource {
        project: project.clone(),
        id: SOURCE.parse()?,
        display_name: "Candles".to_owned(),
        spec: SourceSpec {
            schema: "public".to_owned(),
            table: "candles".to_owned(),
            entity_column: Some("symbol".to_owned()),
            recorded_time_column: None,
            contexts: Vec::new(),
            time_column: "at".to_owned(),
            phase_column: None,
            columns: vec![close],
            bar_interval: Span::from_mins(5),
            duplicate_rule: DuplicateRule::Refuse,
            phases: Vec::new(),
        },
        idempotency: None,
        created_by: "bench".to_owned(),
    })
}

/// Makes `count` waiting probes, spread over the projects.
pub(super) fn make_probes(database: &Database, count: u32) {
    database.sql(&format!(
        "with project as (select id, row_number() over () - 1 as place, count(*) over () as projects
                            from project where id like 'bench-%'),
              made as (insert into job (id, project, queue, kind, spec, spec_version, created_by, event_seq)
                       select gen_random_uuid(), p.id, 'default', 'PROBE', '{{\"steps\": []}}', 1, 'bench', 1
                         from generate_series(1, {count}) as n join project p on p.place = n % p.projects
                       returning id)
         insert into job_event (job_id, seq, lease_epoch, kind, payload)
         select id, 1, 0, 'state', '{{\"state\": \"QUEUED\"}}' from made"
    ));
    database.sql("vacuum analyze job");
}

/// Makes `count` jobs that have ended, beside those that wait.
pub(super) fn make_finished(database: &Database, count: u32) {
    database.sql(&format!(
        "insert into job (id, project, queue, kind, spec, spec_version, created_by, event_seq, state, lease_epoch,
                          started_at, finished_at, error_class, error_code, error_message)
         select gen_random_uuid(), p.id, 'default', 'PROBE', '{{\"steps\": []}}', 1, 'bench', 3, 'FAILED', 1,
                now(), now(), 'USER', 'INTERNAL', 'as asked'
           from generate_series(1, {count}) as n
           join (select id, row_number() over () - 1 as place, count(*) over () as projects
                   from project where id like 'bench-%') p on p.place = n % p.projects"
    ));
}

/// A training job, as a request makes one.
///
/// # Errors
/// When it is refused.
pub(super) async fn create(
    store: &Store,
    project: &ProjectId,
    spec: &Checked<TrainSpec>,
) -> anyhow::Result<JobId> {
    let job = NewJob {
        id: JobId(Uuid::now_v7()),
        project,
        queue: DEFAULT_QUEUE,
        spec: NewSpec::Train(spec),
        idempotency: None,
        request_id: Some("bench"),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        created_by: "bench",
        priority: Priority::DEFAULT,
        labels: &BTreeMap::new(),
        timeout: None,
    };
    match store.create_job(&job).await? {
        CreatedJob::Created(job) => Ok(job.id),
        other => anyhow::bail!("the job was refused: {other:?}"),
    }
}

/// A training like those that people ask for.
///
/// # Errors
/// Never: its values are constant.
pub(super) fn train_spec() -> anyhow::Result<Checked<TrainSpec>> {
    let spec = TrainSpec {
        model: MODEL.parse()?,
        source: SOURCE.parse()?,
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
    };
    spec.check().map_err(|wrong| anyhow::anyhow!("{wrong:?}"))
}

fn range() -> TimeRange {
    let start = DateTime::<Utc>::UNIX_EPOCH;
    TimeRange {
        start,
        end: start + TimeDelta::days(1),
    }
}

/// What a training job made.
pub(super) fn evaluation() -> Evaluation {
    Evaluation {
        folds: Vec::new(),
        overall: Metrics {
            rows: 100,
            positives: 10,
            roc_auc: Some(0.7),
            ..Metrics::default()
        },
        baselines: Vec::new(),
        skill: Some(0.1),
        importances: vec![0.25, 0.75],
        ..Evaluation::default()
    }
}

/// What it made it from.
pub(super) fn facts() -> VersionFacts {
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
        service_version: "bench".to_owned(),
        git_hash: String::new(),
    }
}

/// A file of a result, which lies nowhere.
pub(super) fn file(result: ResultId) -> ArtifactFile {
    ArtifactFile {
        file_name: "probe.json".to_owned(),
        storage_key: format!("bench/{}/probe.json", result.0),
        media_type: "application/json".to_owned(),
        size_bytes: 2,
        sha256: [7; 32],
    }
}

/// Claims the next job of a kind.
///
/// # Errors
/// When Postgres does not answer in time.
pub(super) async fn claim(
    store: &Store,
    worker: WorkerId,
    kind: JobKind,
) -> Result<Option<ClaimedJob>, StoreError> {
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker,
        lease: LEASE,
        kinds: &[kind],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    store.claim_job(&request).await
}
