//! Evaluations with their names, and jobs that make them, as clients see them.

use super::time::{show_instant, show_range};
use super::{evaluation, field, train_spec};
use mltraining_domain::name::{EvaluationName, JobName, VersionName};
use mltraining_domain::{EvaluateSpec, EvaluationId, JobId, ModelId, ProjectId};
use mltraining_proto::v1;
use mltraining_store::evaluations::{ListedEvaluation, StoredEvaluation};

/// The evaluation, whole.
pub(crate) fn show(stored: &StoredEvaluation) -> v1::Evaluation {
    v1::Evaluation {
        name: show_name(&stored.project, stored.id),
        model_version: show_version(&stored.project, &stored.model, stored.version),
        job: show_job(&stored.project, stored.job),
        create_time: Some(show_instant(stored.created_at)),
        ..evaluation::show(&stored.evaluation, &stored.features)
    }
}

/// The evaluation as lists show it.
pub(crate) fn show_listed(listed: &ListedEvaluation) -> v1::Evaluation {
    let period = listed.period.as_ref().map(|range| v1::Period {
        range: Some(show_range(range)),
        ..v1::Period::default()
    });
    v1::Evaluation {
        name: show_name(&listed.project, listed.id),
        model_version: show_version(&listed.project, &listed.model, listed.version),
        job: show_job(&listed.project, listed.job),
        create_time: Some(show_instant(listed.created_at)),
        overall: Some(evaluation::show_metrics(&listed.overall)),
        skill: listed.skill,
        period,
        ..v1::Evaluation::default()
    }
}

/// What a job judges, and on what.
pub(crate) fn show_spec(spec: &EvaluateSpec, project: &ProjectId) -> v1::EvaluateSpec {
    let version = &spec.version;
    v1::EvaluateSpec {
        model_version: show_version(project, &version.model, version.version),
        range: Some(show_range(&spec.range)),
        known_before: spec.known_before.map(show_instant),
        max_rows: field::wire_count(spec.max_rows),
        train_spec: Some(train_spec::show(&version.train, project)),
    }
}

/// The name of an evaluation.
pub(crate) fn show_name(project: &ProjectId, evaluation: EvaluationId) -> String {
    let project = project.clone();
    EvaluationName { project, evaluation }.to_string()
}

/// The name of a version.
pub(crate) fn show_version(project: &ProjectId, model: &ModelId, version: i32) -> String {
    let (project, model) = (project.clone(), model.clone());
    VersionName {
        project,
        model,
        version,
    }
    .to_string()
}

/// The name of a job.
pub(crate) fn show_job(project: &ProjectId, job: JobId) -> String {
    let project = project.clone();
    JobName { project, job }.to_string()
}
