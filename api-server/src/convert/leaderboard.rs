//! Leaderboards.

use super::evaluation::show_metrics;
use super::intervals::{show_interval, show_verdict};
use super::promotion::{metric_or, show_metric};
use super::time::show_instant;
use super::{algorithm, label, source};
use mltraining_domain::name::{ModelName, NameError, SourceName, VersionName};
use mltraining_domain::{EvaluationMetric, ProjectId, Violations};
use mltraining_proto::v1;
use mltraining_store::models::{LeaderboardEntry, LeaderboardFilter};

/// Metrics that order a leaderboard.
const METRICS: [EvaluationMetric; 5] = [
    EvaluationMetric::RocAuc,
    EvaluationMetric::AveragePrecision,
    EvaluationMetric::LogLoss,
    EvaluationMetric::Brier,
    EvaluationMetric::Skill,
];

/// Which versions of the project, and in which order.
pub(crate) fn read(
    request: &v1::ListLeaderboardRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> LeaderboardFilter {
    let metric = metric_or(EvaluationMetric::RocAuc, request.metric, "metric", found);
    found.require(METRICS.contains(&metric), "metric", || {
        let known = METRICS.map(|metric| show_metric(metric).as_str_name());
        format!("does not order a leaderboard; give {}", known.join(", "))
    });
    let source = |text: &str| SourceName::parse(text).map(|name| (name.project, name.source));
    let model = |text: &str| ModelName::parse(text).map(|name| (name.project, name.model));
    LeaderboardFilter {
        metric,
        source: named(&request.source, "source", project, source, found),
        model: named(&request.model, "model", project, model, found),
    }
}

/// The thing of the project that a filter names; `None` where it names none.
fn named<T>(
    text: &str,
    field: &str,
    project: &ProjectId,
    parse: impl Fn(&str) -> Result<(ProjectId, T), NameError>,
    found: &mut Violations,
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    match parse(text) {
        Err(error) => found.invalid(field, error.to_string()),
        Ok((other, _)) if other != *project => {
            found.invalid(field, format!("must be of projects/{project}, like the request"));
        }
        Ok((_, id)) => return Some(id),
    }
    None
}

/// An entry with the metric that was asked for.
pub(crate) fn show(
    entry: &LeaderboardEntry,
    metric: EvaluationMetric,
    project: &ProjectId,
) -> v1::LeaderboardEntry {
    let overall = &entry.overall;
    let intervals = entry.intervals.as_ref();
    let (value, interval) = match metric {
        EvaluationMetric::RocAuc => (overall.roc_auc, intervals.map(|i| i.overall.roc_auc)),
        EvaluationMetric::AveragePrecision => (
            overall.average_precision,
            intervals.map(|i| i.overall.average_precision),
        ),
        EvaluationMetric::LogLoss => (overall.log_loss, None),
        EvaluationMetric::Brier => (overall.brier, None),
        EvaluationMetric::Skill => (entry.skill, intervals.map(|i| i.skill)),
        _ => (None, None),
    };
    let version = VersionName {
        project: project.clone(),
        model: entry.model.clone(),
        version: entry.version,
    };
    v1::LeaderboardEntry {
        group: entry.group.clone(),
        version: version.to_string(),
        aliases: entry.aliases.clone(),
        value,
        interval: interval.map(show_interval),
        verdict: show_verdict(intervals.and_then(|i| i.verdict)).into(),
        metrics: Some(show_metrics(overall)),
        skill: entry.skill,
        source: source::show_name(project, &entry.spec.source),
        label: Some(label::show(&entry.spec.label)),
        algorithm: Some(algorithm::show(&entry.spec.algorithm)),
        test_start_time: entry.test_start.map(show_instant),
        test_end_time: entry.test_end.map(show_instant),
        create_time: Some(show_instant(entry.created_at)),
    }
}
