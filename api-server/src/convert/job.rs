//! Jobs as clients see them.

use super::evaluation::show_metrics;
use super::time::{show_instant, show_span};
use super::{
    backtest, batch_predict, comparison, etag, job_error, progress, reproduction, stored_evaluation, study,
    train_spec,
};
use mltraining_domain::name::{JobName, ModelName, VersionName};
use mltraining_domain::{DisplayState, JobKind, JobState, ModelId, ProjectId};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::jobs::{Attempt, AttemptOutcome, Job, JobResult};
use v1::job::Spec;

/// The kind of resource in a job's etag.
pub(crate) const ETAG: &str = "job";

/// The job as its row says. The spec is shown when it was read; attempts are `attempts`.
///
/// # Errors
/// [`StoreError::Corrupt`] for a spec of another version.
pub(crate) fn show(job: &Job, attempts: &[Attempt]) -> Result<v1::Job, StoreError> {
    let mut result = job.result.as_ref().map(|result| show_result(job, result));
    if let Some(result) = &mut result {
        match job.kind {
            JobKind::Reproduce => {
                result.reproduction = job.found()?.map(|found| reproduction::show(&found));
            }
            JobKind::BatchPredict => {
                let found = job.found()?;
                result.prediction_set =
                    found.map(|found| Box::new(batch_predict::show(&found, &job.project, job.id)));
            }
            _ => {}
        }
    }
    Ok(v1::Job {
        name: name(job).to_string(),
        uid: job.id.to_string(),
        kind: show_kind(job.kind).into(),
        state: show_state(job.state).into(),
        display_state: show_display_state(job.display_state()).into(),
        priority: job.priority.value().into(),
        labels: job.labels.clone(),
        create_time: Some(show_instant(job.created_at)),
        run_time: Some(show_instant(job.run_at)),
        start_time: job.started_at.map(show_instant),
        end_time: job.finished_at.map(show_instant),
        deadline: job.deadline_at.map(show_instant),
        timeout: Some(show_span(job.timeout)),
        created_by: job.created_by.clone(),
        attempt: job.epoch.0,
        attempts: attempts.iter().map(show_attempt).collect(),
        progress: job.progress.as_ref().map(|p| progress::show(p, job.progress_at)),
        error: show_error(job),
        spec: show_spec(job)?,
        result,
        cancel_requested: job.cancel.is_some(),
        cancel_reason: job.cancel.as_ref().map(|c| c.reason.clone()).unwrap_or_default(),
        trace_id: trace_id(job.traceparent.as_deref()),
        request_id: job
            .idempotency_key
            .map(|key| key.0.to_string())
            .unwrap_or_default(),
        estimate: None,
        etag: etag::show(ETAG, job.revision),
        model: show_model(&job.project, job.model.as_ref()),
        correlation_id: job.request_id.clone().unwrap_or_default(),
        jobs_ahead: None,
    })
}

fn show_spec(job: &Job) -> Result<Option<Spec>, StoreError> {
    if job.spec.is_none() {
        return Ok(None);
    }
    Ok(match job.kind {
        JobKind::Train => Some(Spec::TrainSpec(train_spec::show(
            &job.train_spec()?,
            &job.project,
        ))),
        JobKind::Reproduce => Some(Spec::ReproduceSpec(reproduction::show_spec(
            &job.reproduce_spec()?,
            &job.project,
        ))),
        JobKind::Evaluate => Some(Spec::EvaluateSpec(stored_evaluation::show_spec(
            &job.evaluate_spec()?,
            &job.project,
        ))),
        JobKind::Compare => Some(Spec::CompareSpec(comparison::show_spec(
            &job.compare_spec()?,
            &job.project,
        ))),
        JobKind::Backtest => Some(Spec::BacktestSpec(backtest::show_spec(
            &job.backtest_spec()?,
            &job.project,
        ))),
        JobKind::BatchPredict => Some(Spec::BatchPredictSpec(batch_predict::show_spec(
            &job.batch_predict_spec()?,
            &job.project,
        ))),
        JobKind::Tune => Some(Spec::TuneSpec(study::show_spec(&job.tune_spec()?, &job.project))),
        JobKind::Trial => Some(Spec::TrialSpec(study::show_trial_spec(
            &job.trial_spec()?,
            &job.project,
        ))),
        JobKind::Probe => None,
    })
}

/// The job's name.
pub(crate) fn name(job: &Job) -> JobName {
    JobName {
        project: job.project.clone(),
        job: job.id,
    }
}

/// The name of the job's model; empty when it has none.
pub(crate) fn show_model(project: &ProjectId, model: Option<&ModelId>) -> String {
    model.map_or_else(String::new, |model| {
        let (project, model) = (project.clone(), model.clone());
        ModelName { project, model }.to_string()
    })
}

/// Only a cancelled job keeps a number apart from its message: who cancelled it.
fn show_error(job: &Job) -> Option<v1::JobError> {
    let mut error = job_error::show(job.error.as_ref()?);
    if let (JobState::Cancelled, Some(cancel)) = (job.state, &job.cancel) {
        error
            .metadata
            .insert("cancelled_by".to_owned(), cancel.by.clone());
    }
    Some(error)
}

/// What a job left behind, but for what it has found, which lists and streams do not show.
pub(crate) fn show_result(job: &Job, result: &JobResult) -> v1::JobResult {
    v1::JobResult {
        model_version: show_version(&job.project, job.model.as_ref(), result.version),
        metrics: result.metrics.as_ref().map(show_metrics),
        reproduction: None,
        prediction_set: None,
        evaluation: result
            .evaluation
            .map(|evaluation| stored_evaluation::show_name(&job.project, evaluation))
            .unwrap_or_default(),
        comparison: match job.kind {
            JobKind::Compare => comparison::show_name(&job.project, job.id),
            _ => String::new(),
        },
        backtest: match job.kind {
            JobKind::Backtest => backtest::show_name(&job.project, job.id),
            _ => String::new(),
        },
    }
}

fn show_version(project: &ProjectId, model: Option<&ModelId>, version: Option<i32>) -> String {
    model.zip(version).map_or_else(String::new, |(model, version)| {
        let (project, model) = (project.clone(), model.clone());
        VersionName {
            project,
            model,
            version,
        }
        .to_string()
    })
}

fn show_attempt(attempt: &Attempt) -> v1::Attempt {
    let outcome = attempt
        .outcome
        .map_or(v1::AttemptOutcome::Unspecified, |outcome| match outcome {
            AttemptOutcome::Succeeded => v1::AttemptOutcome::Succeeded,
            AttemptOutcome::Failed => v1::AttemptOutcome::Failed,
            AttemptOutcome::Retried => v1::AttemptOutcome::Retried,
            AttemptOutcome::Lost => v1::AttemptOutcome::Lost,
            AttemptOutcome::Released => v1::AttemptOutcome::Released,
            AttemptOutcome::Cancelled => v1::AttemptOutcome::Cancelled,
        });
    v1::Attempt {
        epoch: attempt.epoch.0,
        worker: attempt.worker.to_string(),
        start_time: Some(show_instant(attempt.started_at)),
        end_time: attempt.ended_at.map(show_instant),
        outcome: outcome.into(),
        error: attempt.error.as_ref().map(job_error::show),
    }
}

/// The second part of a traceparent, `00-{trace}-{span}-{flags}`.
pub(crate) fn trace_id(traceparent: Option<&str>) -> String {
    traceparent
        .and_then(|text| text.split('-').nth(1))
        .unwrap_or_default()
        .to_owned()
}

/// The kind as the wire numbers it.
pub(crate) fn show_kind(kind: JobKind) -> v1::JobKind {
    match kind {
        JobKind::Train => v1::JobKind::Train,
        JobKind::Reproduce => v1::JobKind::Reproduce,
        JobKind::Evaluate => v1::JobKind::Evaluate,
        JobKind::Compare => v1::JobKind::Compare,
        JobKind::Backtest => v1::JobKind::Backtest,
        JobKind::BatchPredict => v1::JobKind::BatchPredict,
        JobKind::Tune => v1::JobKind::Tune,
        JobKind::Trial => v1::JobKind::Trial,
        JobKind::Probe => v1::JobKind::Probe,
    }
}

/// The state as the wire numbers it.
pub(crate) fn show_state(state: JobState) -> v1::JobState {
    match state {
        JobState::Queued => v1::JobState::Queued,
        JobState::Running => v1::JobState::Running,
        JobState::Succeeded => v1::JobState::Succeeded,
        JobState::Failed => v1::JobState::Failed,
        JobState::Cancelled => v1::JobState::Cancelled,
        JobState::Dead => v1::JobState::Dead,
    }
}

/// The finer state as the wire numbers it.
pub(crate) fn show_display_state(state: DisplayState) -> v1::JobDisplayState {
    match state {
        DisplayState::Queued => v1::JobDisplayState::Queued,
        DisplayState::Scheduled => v1::JobDisplayState::Scheduled,
        DisplayState::Retrying => v1::JobDisplayState::Retrying,
        DisplayState::Waiting => v1::JobDisplayState::Waiting,
        DisplayState::Running => v1::JobDisplayState::Running,
        DisplayState::Cancelling => v1::JobDisplayState::Cancelling,
        DisplayState::Succeeded => v1::JobDisplayState::Succeeded,
        DisplayState::Failed => v1::JobDisplayState::Failed,
        DisplayState::Cancelled => v1::JobDisplayState::Cancelled,
        DisplayState::Dead => v1::JobDisplayState::Dead,
    }
}
