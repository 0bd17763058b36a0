//! Predictions of a range: what is asked for, and what came of it.

use super::evaluate_request::{self, PeriodRows};
use super::field::wire_count;
use super::idempotency;
use super::job_options::{self, JobOptions};
use super::source;
use super::stored_evaluation::show_version;
use super::time::{show_instant, show_range};
use mltraining_domain::name::ArtifactName;
use mltraining_domain::{BatchPredictSpec, JobId, PredictionSet, ProjectId, Violations, labels};
use mltraining_proto::v1;

/// The file of predictions.
const FILE: &str = "predictions.parquet";

/// What a request asks for, but for the version that it names.
#[derive(Debug)]
pub(crate) struct BatchPredictRequest {
    /// Of which rows.
    pub(crate) rows: PeriodRows,
    /// Only these entities; empty for all.
    pub(crate) entities: Vec<String>,
    /// What is said of the job.
    pub(crate) options: JobOptions,
}

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(mut request: v1::BatchPredictRequest, found: &mut Violations) -> BatchPredictRequest {
    let request_id = std::mem::take(&mut request.request_id);
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    BatchPredictRequest {
        rows: evaluate_request::rows(request.range, request.known_before, request.max_rows, found),
        entities: request.entities,
        options: JobOptions {
            idempotency,
            validate_only: request.validate_only,
            priority: job_options::priority(request.priority, found),
            labels: request.labels,
            timeout: job_options::timeout(request.timeout, found),
        },
    }
}

/// What a job predicts.
pub(crate) fn show_spec(spec: &BatchPredictSpec, project: &ProjectId) -> v1::BatchPredictSpec {
    let version = &spec.version;
    v1::BatchPredictSpec {
        model_version: show_version(project, &version.model, version.version),
        alias: spec.alias.as_ref().map(ToString::to_string).unwrap_or_default(),
        range: Some(show_range(&spec.range)),
        entities: spec.entities.clone(),
        known_before: spec.known_before.map(show_instant),
        max_rows: wire_count(spec.max_rows),
        source: source::show_name(project, &version.train.source),
    }
}

/// What came of it.
pub(crate) fn show(found: &PredictionSet, project: &ProjectId, job: JobId) -> v1::PredictionSet {
    let rows = &found.rows;
    let artifact = ArtifactName {
        project: project.clone(),
        job,
        file: FILE.to_owned(),
    };
    v1::PredictionSet {
        model_version: show_version(project, &found.model, found.version),
        model_sha256: found.model_sha256.clone(),
        artifact: artifact.to_string(),
        source: source::show_name(project, &found.source),
        source_fingerprint: found.source_fingerprint.clone(),
        range: Some(show_range(&found.range)),
        decision_range: Some(show_range(&found.decisions)),
        known_before: found.known_before.map(show_instant),
        threshold: found.threshold,
        rows: wire_count(rows.rows),
        entity_count: wire_count(rows.entities),
        scored: wire_count(rows.scored),
        positives: rows.positives.map(wire_count),
        warm_up: wire_count(rows.warm_up),
        other_phase: wire_count(rows.other_phase),
        absent_entities: found.absent_entities.clone(),
    }
}
