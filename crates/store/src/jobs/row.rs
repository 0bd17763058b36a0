//! A row of `job` as a [`Job`].

use super::{CancelRequest, Job, JobError, JobResult};
use crate::{StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{
    Epoch, EvaluationId, FailureClass, IdempotencyKey, JobId, JobKind, JobState, Priority, Progress, Reason,
    ResultId, WorkPhase, WorkerId,
};
use serde_json::Value;
use uuid::Uuid;

/// What `jobs/get.sql` returns.
pub(super) struct JobRow {
    pub(super) place: i64,
    pub(super) id: Uuid,
    pub(super) project: String,
    pub(super) queue: String,
    pub(super) kind: String,
    pub(super) spec: Option<Value>,
    pub(super) spec_version: i32,
    pub(super) model: Option<String>,
    pub(super) source: Option<String>,
    pub(super) idempotency_key: Option<Uuid>,
    pub(super) request_id: Option<String>,
    pub(super) traceparent: Option<String>,
    pub(super) created_by: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) labels: Value,
    pub(super) state: String,
    pub(super) scheduled: bool,
    pub(super) priority: i16,
    pub(super) run_at: DateTime<Utc>,
    pub(super) revision: i64,
    pub(super) event_seq: i64,
    pub(super) lease_epoch: i64,
    pub(super) worker_id: Option<Uuid>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) timeout_micros: i64,
    pub(super) deadline_at: Option<DateTime<Utc>>,
    pub(super) cancel_requested_at: Option<DateTime<Utc>>,
    pub(super) cancel_requested_by: Option<String>,
    pub(super) cancel_reason: Option<String>,
    pub(super) progress: Option<Value>,
    pub(super) progress_at: Option<DateTime<Utc>>,
    pub(super) error_class: Option<String>,
    pub(super) error_code: Option<String>,
    pub(super) error_message: Option<String>,
    pub(super) error_phase: Option<String>,
    pub(super) finished_at: Option<DateTime<Utc>>,
    pub(super) result_id: Option<Uuid>,
    pub(super) version: Option<i32>,
    pub(super) evaluation: Option<Uuid>,
    pub(super) overall: Option<Value>,
    pub(super) body: Option<Value>,
}

impl JobRow {
    pub(super) fn into_job(self) -> Result<Job, StoreError> {
        let result = self.result()?;
        Ok(Job {
            id: JobId(self.id),
            project: stored::parse("job.project", &self.project)?,
            queue: self.queue,
            kind: stored::word("job.kind", &self.kind, JobKind::from_word(&self.kind))?,
            spec: self.spec,
            spec_version: self.spec_version,
            model: self.model.map(|m| stored::parse("job.model", &m)).transpose()?,
            source: self.source.map(|s| stored::parse("job.source", &s)).transpose()?,
            idempotency_key: self.idempotency_key.map(IdempotencyKey),
            request_id: self.request_id,
            traceparent: self.traceparent,
            created_by: self.created_by,
            created_at: self.created_at,
            labels: stored::json("job.labels", self.labels)?,
            state: stored::word("job.state", &self.state, JobState::from_word(&self.state))?,
            scheduled: self.scheduled,
            priority: priority(self.priority)?,
            run_at: self.run_at,
            revision: self.revision,
            event_seq: self.event_seq,
            epoch: Epoch(self.lease_epoch),
            worker: self.worker_id.map(WorkerId),
            started_at: self.started_at,
            timeout: stored::span("job.timeout", self.timeout_micros)?,
            deadline_at: self.deadline_at,
            cancel: self.cancel_requested_at.map(|at| CancelRequest {
                at,
                by: self.cancel_requested_by.unwrap_or_default(),
                reason: self.cancel_reason.unwrap_or_default(),
            }),
            progress: self
                .progress
                .map(|p| stored::json::<Progress>("job.progress", p))
                .transpose()?,
            progress_at: self.progress_at,
            error: error(
                self.error_class,
                self.error_code,
                self.error_message,
                self.error_phase,
            )?,
            result,
            finished_at: self.finished_at,
        })
    }

    fn result(&self) -> Result<Option<JobResult>, StoreError> {
        let Some(id) = self.result_id else { return Ok(None) };
        let overall = self.overall.clone();
        Ok(Some(JobResult {
            id: ResultId(id),
            version: self.version,
            evaluation: self.evaluation.map(EvaluationId),
            metrics: overall
                .map(|m| stored::json("evaluation.overall", m))
                .transpose()?,
            body: self.body.clone(),
        }))
    }
}

/// The priority of a stored number.
pub(super) fn priority(stored: i16) -> Result<Priority, StoreError> {
    Priority::new(i32::from(stored)).ok_or_else(|| StoreError::Corrupt {
        what: "job.priority",
        detail: format!("{stored} is not 0 to 4"),
    })
}

/// The error of a job or an attempt; `None` without a code.
pub(super) fn error(
    class: Option<String>,
    code: Option<String>,
    message: Option<String>,
    phase: Option<String>,
) -> Result<Option<JobError>, StoreError> {
    let Some(code) = code else { return Ok(None) };
    let as_json = |word: String| Value::String(word);
    Ok(Some(JobError {
        class: class
            .map(|c| stored::json::<FailureClass>("job.error_class", as_json(c)))
            .transpose()?,
        reason: stored::word("job.error_code", &code, Reason::from_word(&code))?,
        message: message.unwrap_or_default(),
        phase: phase
            .map(|p| stored::json::<WorkPhase>("job.error_phase", as_json(p)))
            .transpose()?,
    }))
}
