//! A server without keys on a database of its own, with a table of bars; and a worker that tests play themselves.

use crate::support::Api;
use chrono::{DateTime, Utc};
use mltraining_domain::{FailureClass, JobFailure, JobKind, Progress, Reason, WorkPhase, WorkerId};
use mltraining_proto::v1;
use mltraining_runtime::config::{ApiConfig, AuthMode};
use mltraining_store::claims::{ClaimRequest, Lease};
use mltraining_store::jobs::LogSeverity;
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::testing::TestDatabase;
use prost_types::{Duration, Timestamp};
use secrecy::ExposeSecret;
use std::process::Command;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;
use v1::artifact_service_client::ArtifactServiceClient;
use v1::catalog_service_client::CatalogServiceClient;
use v1::dataset_service_client::DatasetServiceClient;
use v1::evaluation_service_client::EvaluationServiceClient;
use v1::job_service_client::JobServiceClient;
use v1::model_service_client::ModelServiceClient;
use v1::prediction_service_client::PredictionServiceClient;
use v1::training_service_client::TrainingServiceClient;

/// The first bar: 2026-01-01T00:00:00Z.
pub(crate) const START: i64 = 1_767_225_600;
/// Bars of each of the entities, one a minute.
pub(crate) const BARS: i64 = 120;
pub(crate) const ENTITIES: i64 = 3;
pub(crate) const PARENT: &str = "projects/default";

/// The running server.
pub(crate) struct House {
    pub(crate) api: Api,
    pub(crate) channel: Channel,
}

impl House {
    /// An empty one.
    pub(crate) async fn empty() -> Self {
        Self::with(|_| {}).await
    }

    /// One that differs from the usual in what `change` sets.
    pub(crate) async fn with(change: impl FnOnce(&mut ApiConfig)) -> Self {
        let open = |config: &mut ApiConfig| {
            config.server.auth.mode = AuthMode::None;
            config.server.insecure_no_auth = true;
            config.database.max_connections = 20;
            change(config);
        };
        let api = Api::start_on(TestDatabase::migrated().await, open).await;
        let channel = api.channel().await;
        Self { api, channel }
    }

    /// One with the table `bars` and its source.
    pub(crate) async fn with_bars() -> Self {
        let house = Self::empty().await;
        house.make_bars();
        house.catalog().create_source(create_bars()).await.unwrap();
        house
    }

    /// A price that rises by 1 % from bar to bar within each ten, and falls back; `gone` has no value at all.
    pub(crate) fn make_bars(&self) {
        self.sql(&format!(
            "create table bars (entity text not null, at timestamptz not null, phase int, close float8,
                volume numeric(20, 6), price_open float8, rising boolean, gone float8, note text);
             insert into bars
             select 'e' || e, to_timestamp({START} + 60 * m), 1 + m / 60, 100 * power(1.01, m % 10), m % 7, 1,
                m % 2 = 0, null, 'x'
             from generate_series(0, {ENTITIES} - 1) e, generate_series(0, {BARS} - 1) m"
        ));
    }

    pub(crate) fn catalog(&self) -> CatalogServiceClient<Channel> {
        CatalogServiceClient::new(self.channel.clone())
    }

    pub(crate) fn dataset(&self) -> DatasetServiceClient<Channel> {
        DatasetServiceClient::new(self.channel.clone())
    }

    pub(crate) fn training(&self) -> TrainingServiceClient<Channel> {
        TrainingServiceClient::new(self.channel.clone())
    }

    pub(crate) fn evaluations(&self) -> EvaluationServiceClient<Channel> {
        EvaluationServiceClient::new(self.channel.clone())
    }

    pub(crate) fn jobs(&self) -> JobServiceClient<Channel> {
        JobServiceClient::new(self.channel.clone())
    }

    pub(crate) fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.channel.clone())
    }

    pub(crate) fn predictions(&self) -> PredictionServiceClient<Channel> {
        PredictionServiceClient::new(self.channel.clone())
    }

    pub(crate) fn artifacts(&self) -> ArtifactServiceClient<Channel> {
        ArtifactServiceClient::new(self.channel.clone())
    }

    /// Runs SQL by psql, so that what tests see is independent of the code they test. Rows come as lines.
    pub(crate) fn sql(&self, text: &str) -> String {
        let url = self.api.context.config.database.url.expose_secret();
        let arguments = [url, "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text];
        let out = Command::new("psql")
            .args(arguments)
            .output()
            .expect("psql is installed with the server");
        assert!(
            out.status.success(),
            "{}\n{text}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Every table with a digest of its rows; equal iff nothing was written.
    pub(crate) fn contents(&self) -> String {
        self.sql(
            "select string_agg(table_name || ' ' || (xpath('/row/c/text()', query_to_xml(format(
                'select count(*) || '' '' || coalesce(md5(string_agg(t::text, '','' order by t::text)), '''') as c from %I t',
                table_name), false, true, '')))[1]::text, E'\\n' order by table_name)
             from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
        )
    }

    /// Takes the next job, as a worker does.
    pub(crate) async fn claim(&self) -> Lease {
        let request = ClaimRequest {
            queue: DEFAULT_QUEUE,
            worker: WorkerId(Uuid::now_v7()),
            lease: std::time::Duration::from_secs(600),
            kinds: &[JobKind::Train],
            max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
            free_memory_bytes: u64::MAX,
            large_worker_grace: std::time::Duration::from_secs(600),
        };
        let claimed = self.api.store.claim_job(&request).await.unwrap();
        claimed.expect("a job waits").lease
    }

    /// Reports that `done` of 10 steps are done.
    pub(crate) async fn progress(&self, lease: Lease, done: u64) {
        let progress = Progress {
            phase: WorkPhase::Fit,
            fraction: done as f64 / 10.0,
            steps_done: done,
            steps_total: 10,
            message: format!("tree {done} of 10"),
        };
        self.api
            .store
            .report_progress(lease, done as i64, &progress)
            .await
            .unwrap();
    }

    /// Lets the job say something.
    pub(crate) async fn log(&self, lease: Lease, severity: LogSeverity, text: &str) {
        self.api.store.append_log(lease, severity, text).await.unwrap();
    }

    /// Ends the job as failed.
    pub(crate) async fn fail(&self, lease: Lease) {
        let failure = JobFailure {
            class: FailureClass::User,
            reason: Reason::TooFewRows,
            message: "12 rows, 50 are needed".to_owned(),
            phase: WorkPhase::Split,
        };
        self.api.store.fail_job(lease, &failure).await.unwrap();
    }

    /// Makes a job of the smallest request; gives its name.
    pub(crate) async fn train(&self) -> String {
        self.train_with(&[]).await
    }

    /// The same with labels.
    pub(crate) async fn train_with(&self, labels: &[(&str, &str)]) -> String {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let request = v1::TrainModelRequest {
            labels: labels.collect(),
            ..train()
        };
        let job = self.training().train_model(request).await;
        job.unwrap().into_inner().name
    }

    /// The job.
    pub(crate) async fn job(&self, name: &str) -> v1::Job {
        let request = v1::GetJobRequest {
            name: name.to_owned(),
            ..v1::GetJobRequest::default()
        };
        self.jobs().get_job(request).await.unwrap().into_inner()
    }

    /// Cancels the job.
    pub(crate) async fn cancel(&self, name: &str) -> v1::Job {
        let request = v1::CancelJobRequest {
            name: name.to_owned(),
            ..v1::CancelJobRequest::default()
        };
        self.jobs().cancel_job(request).await.unwrap().into_inner()
    }

    /// Retries the job.
    pub(crate) async fn retry(&self, name: &str) -> Result<v1::Job, Status> {
        let request = v1::RetryJobRequest {
            name: name.to_owned(),
            ..v1::RetryJobRequest::default()
        };
        self.jobs()
            .retry_job(request)
            .await
            .map(tonic::Response::into_inner)
    }
}

/// A request that registers the table `bars`.
pub(crate) fn create_bars() -> v1::CreateSourceRequest {
    v1::CreateSourceRequest {
        source_id: "bars".to_owned(),
        source: Some(bars()),
        ..v1::CreateSourceRequest::default()
    }
}

pub(crate) fn bars() -> v1::Source {
    v1::Source {
        table: "bars".to_owned(),
        entity_column: "entity".to_owned(),
        time_column: "at".to_owned(),
        phase_column: "phase".to_owned(),
        bar_interval: seconds(60),
        ..v1::Source::default()
    }
}

/// A good request to train on the bars.
pub(crate) fn train() -> v1::TrainModelRequest {
    v1::TrainModelRequest {
        model_id: "pump".to_owned(),
        spec: Some(v1::TrainSpec {
            source: "projects/default/sources/bars".to_owned(),
            range: range(START, START + 60 * BARS),
            label: Some(label(0.02, 120)),
            ..v1::TrainSpec::default()
        }),
        ..v1::TrainModelRequest::default()
    }
}

pub(crate) fn label(change: f64, horizon: i64) -> v1::LabelSpec {
    v1::LabelSpec {
        kind: Some(v1::label_spec::Kind::ChangeAtHorizon(v1::ChangeAtHorizon {
            change,
            horizon: seconds(horizon),
            ..v1::ChangeAtHorizon::default()
        })),
    }
}

pub(crate) fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

pub(crate) fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

pub(crate) fn range(start: i64, end: i64) -> Option<v1::TimeRange> {
    Some(v1::TimeRange {
        start: at(start),
        end: at(end),
    })
}

/// RFC 3339, as filters have it.
pub(crate) fn text_of(at: Option<&Timestamp>) -> String {
    let at = at.unwrap();
    DateTime::<Utc>::from_timestamp(at.seconds, at.nanos as u32)
        .unwrap()
        .to_rfc3339()
}

/// The reason of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
}

/// One entry of a refusal's metadata.
pub(crate) fn metadata(status: &Status, key: &str) -> String {
    let info = status.get_details_error_info().unwrap();
    info.metadata
        .get(key)
        .cloned()
        .unwrap_or_else(|| panic!("no {key} in {:?}", info.metadata))
}

/// The wrong fields of a refusal.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let wrong = status.get_details_bad_request();
    let wrong = wrong.map_or_else(Vec::new, |wrong| wrong.field_violations);
    wrong.into_iter().map(|violation| violation.field).collect()
}

/// A refusal with this code and reason, which names exactly these fields.
pub(crate) fn refused(status: &Status, code: Code, why: &str, wrong: &[&str]) {
    assert_eq!(
        (status.code(), reason(status).as_str()),
        (code, why),
        "{status:?}"
    );
    assert_eq!(fields(status), wrong, "{status:?}");
}
