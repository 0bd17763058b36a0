//! Comparisons of versions that foresee numbers, for people.

use crate::commands::evaluate::short_title;
use crate::commands::report;
use crate::output::{Paint, Table, UNKNOWN, count, signed, value};
use mltraining_proto::v1;

/// Whether the versions foresee numbers.
pub(super) fn are_foreseen(found: &v1::ModelComparison) -> bool {
    let mut metrics = found
        .versions
        .iter()
        .filter_map(|version| version.metrics.as_ref());
    metrics.any(|metrics| metrics.regression.is_some())
}

/// Whether a metric has the unit of the label, so that it may be of any size.
pub(super) fn is_in_unit(metric: v1::ComparedMetric) -> bool {
    matches!(metric, v1::ComparedMetric::Rmse | v1::ComparedMetric::Mae)
}

/// A difference of any size with its sign: `+1.2e-5`.
pub(super) fn signed_value(difference: Option<f64>) -> String {
    let sign = if difference.is_some_and(|value| value > 0.0) {
        "+"
    } else {
        ""
    };
    format!("{sign}{}", value(difference))
}

/// The versions beside each other.
pub(super) fn versions(found: &v1::ModelComparison, paint: Paint) -> String {
    let headings = [
        "version",
        ">RMSE",
        "95 %",
        ">MAE",
        "95 %",
        ">R2",
        "95 %",
        ">Spearman",
        "95 %",
        ">rows of its own",
    ];
    let mut table = Table::new(&headings, paint);
    for version in &found.versions {
        let metrics = version.metrics.as_ref().and_then(|metrics| metrics.regression);
        let metrics = metrics.unwrap_or_default();
        let sure = version.intervals.and_then(|intervals| intervals.regression);
        let sure = sure.unwrap_or_default();
        table.row([
            short_title(&version.model_version),
            value(metrics.rmse),
            between(sure.rmse.as_ref(), value),
            value(metrics.mae),
            between(sure.mae.as_ref(), value),
            signed(metrics.r2),
            between(sure.r2.as_ref(), signed),
            signed(metrics.spearman),
            between(sure.spearman.as_ref(), signed),
            count(version.own_row_counts.unwrap_or_default().labeled),
        ]);
    }
    table.render()
}

/// Both ends of an interval.
fn between(interval: Option<&v1::Interval>, text: fn(Option<f64>) -> String) -> String {
    interval.and_then(report::bounds).map_or_else(
        || UNKNOWN.to_owned(),
        |(low, high)| format!("{} to {}", text(Some(low)), text(Some(high))),
    )
}

#[cfg(test)]
mod tests {
    use super::super::show::comparison;
    use super::*;

    #[test]
    fn numbers_are_shown_in_the_unit_of_the_label_and_without_positives() {
        let name = |version: u32| format!("projects/default/models/move/versions/{version}");
        let version = |number| v1::ComparedVersion {
            model_version: name(number),
            metrics: Some(v1::Metrics {
                regression: Some(v1::RegressionMetrics {
                    rmse: Some(0.000_012_34),
                    r2: Some(0.25),
                    ..v1::RegressionMetrics::default()
                }),
                ..v1::Metrics::default()
            }),
            ..v1::ComparedVersion::default()
        };
        let found = v1::ModelComparison {
            versions: vec![version(1), version(2)],
            rows: 1000,
            overall: v1::ComparisonAnswer::NotDistinguishable.into(),
            differences: vec![v1::VersionDifference {
                first: name(1),
                second: name(2),
                metric: v1::ComparedMetric::Rmse.into(),
                difference: Some(0.000_001_5),
                ..v1::VersionDifference::default()
            }],
            ..v1::ModelComparison::default()
        };
        let text = comparison(&found, Paint::Plain);
        for part in [
            "not distinguishable\non 1,000 rows that all can score, from",
            "1.234e-5",
            "+0.250",
            "+1.500e-6",
            "RMSE",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains("positive") && !text.contains("ROC AUC"), "{text}");
    }
}
