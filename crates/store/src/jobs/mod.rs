//! Jobs as clients see them: made, read, listed, counted, changed, cancelled, retried, followed. What workers do is in [`claims`](crate::claims).

mod cancel;
mod cancel_many;
mod count;
pub(crate) mod create;
mod events;
mod list;
mod logs;
mod open;
mod read;
mod recent;
mod retry;
mod row;
mod update;

pub use cancel::{CancelOutcome, CancelRequest};
pub use cancel_many::Cancelled;
pub use count::{JobCount, JobGrouping};
pub use create::{CreatedJob, DEFAULT_TIMEOUT, NewJob, NewSpec};
pub use events::{EventBody, JobEvent, LogSeverity, StateChange};
pub use list::{JobCursor, JobFilter, JobList};
pub use logs::{LogFilter, LogLine, LogPage};
pub use open::OpenJob;
pub use read::{Attempt, AttemptOutcome};
pub use recent::{JobFacts, RecentJob};
pub use retry::RetryOutcome;
pub use update::{JobChange, JobUpdate};

use crate::StoreError;
use chrono::{DateTime, Utc};
use mltraining_domain::{
    BacktestSpec, BatchPredictSpec, CompareSpec, DisplayState, Epoch, EvaluateSpec, EvaluationId,
    FailureClass, IdempotencyKey, JobId, JobKind, JobState, Metrics, ModelId, Priority, Progress, ProjectId,
    Reason, ReproduceSpec, ResultId, SourceId, Span, TrainSpec, TrialSpec, TuneSpec, WorkPhase, WorkerId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How much of a job to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobView {
    /// Without the spec.
    Basic,
    /// Everything.
    Full,
}

/// A job as its row says.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// UUID v7.
    pub id: JobId,
    /// The project.
    pub project: ProjectId,
    /// The queue.
    pub queue: String,
    /// What it does.
    pub kind: JobKind,
    /// What is to be done, as stored; `None` in [`JobView::Basic`].
    pub spec: Option<Value>,
    /// The form of the spec.
    pub spec_version: i32,
    /// The model that gets a version.
    pub model: Option<ModelId>,
    /// The source that is read.
    pub source: Option<SourceId>,
    /// The client's idempotency key.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The correlation id of the request that made it.
    pub request_id: Option<String>,
    /// The W3C trace of the request that made it.
    pub traceparent: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Words to find it by.
    pub labels: BTreeMap<String, String>,
    /// Where it stands.
    pub state: JobState,
    /// True while `run_at` lies ahead, by the database's clock.
    pub scheduled: bool,
    /// 0 first, 4 last.
    pub priority: Priority,
    /// It does not start before.
    pub run_at: DateTime<Utc>,
    /// Rises with state, priority, labels and cancel; the etag.
    pub revision: i64,
    /// The sequence of its last event.
    pub event_seq: i64,
    /// The present or last attempt, 0 before the first.
    pub epoch: Epoch,
    /// Who runs it.
    pub worker: Option<WorkerId>,
    /// When the present or last attempt started.
    pub started_at: Option<DateTime<Utc>>,
    /// Longest time of an attempt.
    pub timeout: Span,
    /// When the present attempt must have ended.
    pub deadline_at: Option<DateTime<Utc>>,
    /// When and why a cancel was asked for.
    pub cancel: Option<CancelRequest>,
    /// How far the present or last attempt came.
    pub progress: Option<Progress>,
    /// When it said so.
    pub progress_at: Option<DateTime<Utc>>,
    /// Why it ended badly, or why it waits to be tried again.
    pub error: Option<JobError>,
    /// What it left behind, once SUCCEEDED.
    pub result: Option<JobResult>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Why a job or an attempt went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobError {
    /// Which budget paid; `None` for a cancel.
    pub class: Option<FailureClass>,
    /// The machine-readable reason.
    pub reason: Reason,
    /// One line for people.
    pub message: String,
    /// The step in which it happened.
    pub phase: Option<WorkPhase>,
}

/// What a job left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct JobResult {
    /// The set of artifacts.
    pub id: ResultId,
    /// The model version that it made.
    pub version: Option<i32>,
    /// The evaluation that it made.
    pub evaluation: Option<EvaluationId>,
    /// The overall metrics of its evaluation.
    pub metrics: Option<Metrics>,
    /// What a job without a model version has found, as stored; `None` in [`JobView::Basic`].
    pub body: Option<Value>,
}

impl Job {
    /// The spec of a training job.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn train_spec(&self) -> Result<TrainSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that reproduces a training.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn reproduce_spec(&self) -> Result<ReproduceSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that judges a model version.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn evaluate_spec(&self) -> Result<EvaluateSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that compares model versions.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn compare_spec(&self) -> Result<CompareSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that walks forward through time.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn backtest_spec(&self) -> Result<BacktestSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that predicts a range.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn batch_predict_spec(&self) -> Result<BatchPredictSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that looks for parameters.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn tune_spec(&self) -> Result<TuneSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// The spec of a job that tries some parameters.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read, or was not read with the row.
    pub fn trial_spec(&self) -> Result<TrialSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone().unwrap_or_default())
    }

    /// What the job has found; `None` for one that tells nothing beside its files, and in [`JobView::Basic`].
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read.
    pub fn found<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        let body = self.result.as_ref().and_then(|result| result.body.clone());
        body.map(|body| crate::stored::json("result.body", body))
            .transpose()
    }

    /// The state as people see it.
    pub fn display_state(&self) -> DisplayState {
        let parked = self.state == JobState::Queued && self.scheduled && self.error.is_none();
        if parked && self.kind == JobKind::Tune && self.epoch.0 > 0 {
            return DisplayState::Waiting;
        }
        self.state
            .display(self.epoch.0, self.scheduled, self.cancel.is_some())
    }
}
