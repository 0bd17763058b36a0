//! Comparisons of model versions as clients see them.

use super::evaluation::show_metrics;
use super::field::{small_wire_count, wire_count};
use super::intervals::{show_interval, show_scores};
use super::model_version::show_rows;
use super::stored_evaluation::{show_job, show_version};
use super::time::{show_instant, show_range, show_span};
use mltraining_domain::name::{ComparisonName, SourceName};
use mltraining_domain::{
    Answer, CompareSpec, ComparedMetric, ComparedVersion, JobId, MetricAnswer, ProjectId, VersionDifference,
};
use mltraining_proto::v1;
use mltraining_store::findings::StoredComparison;

/// The comparison, whole.
pub(crate) fn show(stored: &StoredComparison) -> v1::ModelComparison {
    let (project, found) = (&stored.project, &stored.found);
    let names: Vec<String> = found
        .versions
        .iter()
        .map(|version| show_version(project, &version.model, version.version))
        .collect();
    let (overall, better_version) = show_answer(found.overall, &names);
    let source = SourceName {
        project: project.clone(),
        source: found.source.clone(),
    };
    v1::ModelComparison {
        name: show_name(project, stored.job),
        job: show_job(project, stored.job),
        create_time: Some(show_instant(stored.created_at)),
        source: source.to_string(),
        range: Some(show_range(&found.range)),
        known_before: found.known_before.map(show_instant),
        versions: found.versions.iter().zip(&names).map(show_compared).collect(),
        rows: wire_count(found.rows),
        positives: wire_count(found.positives),
        decision_range: Some(show_range(&found.decisions)),
        block: Some(show_span(found.block)),
        blocks: wire_count(found.blocks),
        resamples: small_wire_count(found.resamples),
        answers: found
            .answers
            .iter()
            .map(|answer| show_of_metric(answer, &names))
            .collect(),
        overall: overall.into(),
        better_version,
        differences: found
            .differences
            .iter()
            .map(|difference| show_difference(difference, &names))
            .collect(),
    }
}

fn show_compared((version, name): (&ComparedVersion, &String)) -> v1::ComparedVersion {
    v1::ComparedVersion {
        model_version: name.clone(),
        metrics: Some(show_metrics(&version.metrics)),
        intervals: Some(show_scores(&version.intervals)),
        own_row_counts: Some(show_rows(&version.own_rows, None)),
        source_fingerprint: version.source_fingerprint.clone(),
    }
}

fn show_metric(metric: ComparedMetric) -> v1::ComparedMetric {
    match metric {
        ComparedMetric::RocAuc => v1::ComparedMetric::RocAuc,
        ComparedMetric::AveragePrecision => v1::ComparedMetric::AveragePrecision,
        ComparedMetric::LogLoss => v1::ComparedMetric::LogLoss,
        ComparedMetric::Brier => v1::ComparedMetric::Brier,
        ComparedMetric::Rmse => v1::ComparedMetric::Rmse,
        ComparedMetric::Mae => v1::ComparedMetric::Mae,
        ComparedMetric::R2 => v1::ComparedMetric::R2,
        ComparedMetric::Spearman => v1::ComparedMetric::Spearman,
    }
}

/// The answer, and the better version.
fn show_answer(answer: Answer, names: &[String]) -> (v1::ComparisonAnswer, String) {
    match answer {
        Answer::Better(place) => (v1::ComparisonAnswer::Better, name_of(names, place)),
        Answer::NotDistinguishable => (v1::ComparisonAnswer::NotDistinguishable, String::new()),
        Answer::Mixed => (v1::ComparisonAnswer::Mixed, String::new()),
        Answer::Unknown => (v1::ComparisonAnswer::Unknown, String::new()),
    }
}

fn name_of(names: &[String], place: usize) -> String {
    names.get(place).cloned().unwrap_or_default()
}

fn show_of_metric(answer: &MetricAnswer, names: &[String]) -> v1::MetricAnswer {
    let (shown, better_version) = show_answer(answer.answer, names);
    v1::MetricAnswer {
        metric: show_metric(answer.metric).into(),
        answer: shown.into(),
        better_version,
    }
}

fn show_difference(difference: &VersionDifference, names: &[String]) -> v1::VersionDifference {
    v1::VersionDifference {
        first: name_of(names, difference.first),
        second: name_of(names, difference.second),
        metric: show_metric(difference.metric).into(),
        difference: difference.difference,
        interval: Some(show_interval(difference.interval)),
        p_value: difference.p_value,
        p_value_in_metric: difference.p_value_in_metric,
        p_value_overall: difference.p_value_overall,
    }
}

/// What a job compares, and on what.
pub(crate) fn show_spec(spec: &CompareSpec, project: &ProjectId) -> v1::CompareSpec {
    let source = spec.versions.first().map(|version| SourceName {
        project: project.clone(),
        source: version.train.source.clone(),
    });
    v1::CompareSpec {
        model_versions: spec
            .versions
            .iter()
            .map(|version| show_version(project, &version.model, version.version))
            .collect(),
        range: Some(show_range(&spec.range)),
        known_before: spec.known_before.map(show_instant),
        max_rows: wire_count(spec.max_rows),
        seed: spec.seed,
        source: source.map(|source| source.to_string()).unwrap_or_default(),
    }
}

/// The name of the comparison that a job made.
pub(crate) fn show_name(project: &ProjectId, job: JobId) -> String {
    let project = project.clone();
    ComparisonName { project, job }.to_string()
}
