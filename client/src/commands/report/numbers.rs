//! The parts of the report of a model of numbers: errors in the unit of the label, beside every baseline on the same rows.

use super::{folds, intervals, proof};
use crate::output::{Paint, Table, Tone, UNKNOWN, count, counted, metric, signed, value};
use crate::when;
use mltraining_proto::v1;

/// Whether numbers were foreseen.
pub(crate) fn are_foreseen(evaluation: &v1::Evaluation) -> bool {
    metrics(evaluation.overall.as_ref()).is_some()
}

fn metrics(of: Option<&v1::Metrics>) -> Option<&v1::RegressionMetrics> {
    of?.regression.as_ref()
}

fn rmse(of: Option<&v1::Metrics>) -> Option<f64> {
    metrics(of)?.rmse
}

/// One row for each fold, one for their mean and one for all their test rows together.
pub(super) fn table(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let baselines: Vec<&str> = evaluation
        .baselines
        .iter()
        .map(|baseline| baseline.name.as_str())
        .collect();
    let names: Vec<String> = baselines
        .iter()
        .map(|name| format!(">{}\nRMSE", name.replace('_', " ")))
        .collect();
    let mut headings: Vec<&str> = vec![
        "\nfold",
        "\ntest rows from – to",
        ">\ntrain rows",
        ">\npurged",
        ">\ntest rows",
        ">model\nRMSE",
        "\n95 %",
        ">\nMAE",
        ">\nR2",
        ">\nSpearman",
    ];
    headings.extend(names.iter().map(String::as_str));
    let mut table = Table::new(&headings, paint);
    for fold in &evaluation.folds {
        let (from, to) = (fold.test_start_time.as_ref(), fold.test_end_time.as_ref());
        let mut row = vec![
            fold.index.to_string(),
            format!("{} – {}", when::show(from), when::show(to)),
            count(fold.train_rows),
            count(fold.purged_rows + fold.embargoed_rows),
            count(fold.test_rows),
        ];
        row.extend(errors(fold.metrics.as_ref(), fold.intervals.as_ref()));
        let beside = |name: &&str| value(rmse(folds::baseline_of(fold, name)));
        row.extend(baselines.iter().map(beside));
        table.row(row);
    }
    if evaluation.folds.len() > 1 {
        table.toned(
            mean_row(evaluation, &baselines)
                .into_iter()
                .map(|text| (text, Some(Tone::Title))),
        );
    }
    let overall = evaluation.overall.as_ref();
    let mut row = vec!["all".to_owned(), String::new(), String::new(), String::new()];
    row.push(count(overall.map_or(0, |metrics| metrics.rows)));
    let sure = evaluation.intervals.as_ref().and_then(|all| all.overall.as_ref());
    row.extend(errors(overall, sure));
    row.extend(
        evaluation
            .baselines
            .iter()
            .map(|baseline| value(rmse(baseline.metrics.as_ref()))),
    );
    table.toned(row.into_iter().map(|text| (text, Some(Tone::Title))));
    table.render()
}

fn mean_row(evaluation: &v1::Evaluation, baselines: &[&str]) -> Vec<String> {
    let mean = |of: fn(&v1::RegressionMetrics) -> Option<f64>| {
        folds::mean_of(&evaluation.folds, |fold| of(metrics(fold.metrics.as_ref())?))
    };
    let mut row = vec!["mean".to_owned()];
    row.extend(vec![String::new(); 4]);
    row.extend([
        value(mean(|found| found.rmse)),
        String::new(),
        value(mean(|found| found.mae)),
        metric(mean(|found| found.r2)),
        metric(mean(|found| found.spearman)),
    ]);
    let beside = |name: &&str| folds::mean_of(&evaluation.folds, |fold| rmse(folds::baseline_of(fold, name)));
    row.extend(baselines.iter().map(|name| value(beside(name))));
    row
}

/// RMSE with its interval, MAE, R2 and Spearman's rank correlation.
pub(crate) fn errors(of: Option<&v1::Metrics>, sure: Option<&v1::ScoreIntervals>) -> [String; 5] {
    let found = metrics(of).copied().unwrap_or_default();
    let bounds = sure.and_then(|sure| sure.regression.as_ref()?.rmse.as_ref());
    let bounds = bounds.and_then(intervals::bounds).map_or_else(
        || UNKNOWN.to_owned(),
        |(low, high)| format!("{}–{}", value(Some(low)), value(Some(high))),
    );
    [
        value(found.rmse),
        bounds,
        value(found.mae),
        metric(found.r2),
        metric(found.spearman),
    ]
}

/// Skill, errors, rows, and the proof that nothing leaked.
pub(super) fn lines(version: &v1::ModelVersion, evaluation: &v1::Evaluation, paint: Paint) -> String {
    let mut lines = vec![skill(evaluation, paint)];
    lines.extend(
        evaluation
            .intervals
            .as_ref()
            .map(|found| intervals::line(found, paint)),
    );
    let overall = metrics(evaluation.overall.as_ref()).copied().unwrap_or_default();
    lines.push(format!(
        "errors      median absolute {}, mean absolute {}, R2 {}, Spearman {}",
        value(overall.median_absolute_error),
        value(overall.mae),
        metric(overall.r2),
        metric(overall.spearman),
    ));
    if let Some(unseen) = &evaluation.unseen_entities {
        let found = metrics(unseen.metrics.as_ref()).copied().unwrap_or_default();
        lines.push(format!(
            "unseen      {} held out, {} tested: RMSE {}, R2 {}, beside {} and {} on the others",
            counted(unseen.entity_count, "entity", "entities"),
            counted(unseen.metrics.as_ref().map_or(0, |all| all.rows), "row", "rows"),
            value(found.rmse),
            metric(found.r2),
            value(overall.rmse),
            metric(overall.r2),
        ));
    }
    lines.extend(version.row_counts.as_ref().map(rows));
    lines.extend(
        evaluation
            .leak_proof
            .as_ref()
            .map(|found| proof::line(found, paint)),
    );
    lines.join("\n")
}

/// Where the rows went.
pub(crate) fn rows(rows: &v1::RowCounts) -> String {
    format!(
        "rows        {} read: {} with a known number, {} unknown, {} only history, {} of other phases",
        count(rows.read),
        count(rows.labeled),
        count(rows.unknown),
        count(rows.warm_up),
        count(rows.filtered),
    )
}

/// The headline: what the model takes from the error of the best simple rule.
pub(crate) fn skill(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let best = evaluation
        .intervals
        .as_ref()
        .map(|found| found.best_baseline.clone());
    let best = best
        .filter(|name| !name.is_empty())
        .map_or_else(String::new, |name| format!(", {name}"));
    let (tone, verdict) = match evaluation.skill {
        Some(skill) if skill > 0.0 => (Tone::Good, ""),
        Some(_) => (Tone::Warn, ", which is as good or better"),
        None => (Tone::Warn, ": undefined, it makes no error in a fold"),
    };
    format!(
        "skill       {} of the RMSE of the best baseline{best}{verdict}",
        paint.text(tone, signed(evaluation.skill))
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(rmse: f64) -> Option<v1::Metrics> {
        let regression = v1::RegressionMetrics {
            rmse: Some(rmse),
            mae: Some(rmse / 2.0),
            median_absolute_error: Some(rmse / 4.0),
            r2: Some(0.25),
            spearman: None,
        };
        Some(v1::Metrics {
            rows: 1200,
            regression: Some(regression),
            ..v1::Metrics::default()
        })
    }

    fn evaluation() -> v1::Evaluation {
        let mean = |rmse| {
            vec![v1::Baseline {
                name: "last_value".to_owned(),
                metrics: of(rmse),
                rule: None,
            }]
        };
        v1::Evaluation {
            folds: vec![v1::Fold {
                index: 1,
                train_rows: 5000,
                test_rows: 1200,
                metrics: of(0.0123),
                baselines: mean(0.02),
                ..v1::Fold::default()
            }],
            overall: of(0.0123),
            baselines: mean(0.02),
            skill: Some(0.385),
            ..v1::Evaluation::default()
        }
    }

    #[test]
    fn errors_stand_beside_those_of_the_baselines_and_what_is_undefined_is_no_zero() {
        let (evaluation, version) = (evaluation(), v1::ModelVersion::default());
        assert!(are_foreseen(&evaluation) && !are_foreseen(&v1::Evaluation::default()));
        let text = table(&evaluation, Paint::Plain);
        let row = text.lines().find(|line| line.starts_with('1')).unwrap();
        for part in ["5,000", "1,200", "0.0123", "0.00615", "0.250", "–", "0.02"] {
            assert!(row.contains(part), "{part} is not in {row}");
        }
        let text = lines(&version, &evaluation, Paint::Plain);
        assert!(
            text.contains("skill       +0.385 of the RMSE of the best baseline"),
            "{text}"
        );
        assert!(text.contains("median absolute 0.003075"), "{text}");
    }
}
