//! Evaluations for people.

use super::numbers;
use crate::commands::report;
use crate::names;
use crate::output::{Paint, Table, Tone, UNKNOWN, count, counted, metric, share, signed};
use crate::when;
use mltraining_proto::v1;

/// A table of evaluations.
pub(super) fn table(evaluations: &[v1::Evaluation], paint: Paint) -> String {
    let headings = [
        "evaluation",
        "version",
        "rows from – to",
        ">rows",
        ">positive",
        ">ROC AUC",
        ">AP",
        ">skill",
        "made",
    ];
    let mut table = Table::new(&headings, paint);
    for evaluation in evaluations {
        let overall = evaluation.overall.clone().unwrap_or_default();
        let classes = overall.rows > 0 && overall.regression.is_none();
        let part = classes.then(|| overall.positives as f64 / overall.rows as f64);
        table.row([
            names::last(&evaluation.name).to_owned(),
            short_title(&evaluation.model_version),
            match &evaluation.period {
                Some(period) => when::show_range(period.range.as_ref()),
                None => "folds of its training".to_owned(),
            },
            count(overall.rows),
            share(part),
            report::score(Some(&overall)),
            metric(overall.average_precision),
            signed(evaluation.skill),
            when::show(evaluation.create_time.as_ref()),
        ]);
    }
    table.render()
}

/// `pump@3`.
pub(crate) fn short_title(version: &str) -> String {
    let parts: Vec<&str> = version.split('/').collect();
    match parts.as_slice() {
        [_, _, _, model, _, version] => format!("{model}@{version}"),
        _ => version.to_owned(),
    }
}

/// What a version is worth on a period: it beside simple rules, how sure that is, its calls, its calibration, and where it is good.
pub(super) fn evaluation(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let mut parts = vec![head(evaluation, paint)];
    if report::numbers::are_foreseen(evaluation) {
        parts.extend([
            numbers::beside(evaluation, paint),
            numbers::lines(evaluation, paint),
        ]);
    } else {
        parts.extend([beside(evaluation, paint), lines(evaluation, paint)]);
    }
    if !evaluation.calibration.is_empty() {
        parts.push(calibration(&evaluation.calibration, paint));
    }
    parts.extend(report::slices(&evaluation.slices, paint));
    if !evaluation.importances.is_empty() {
        parts.push(report::importances(&evaluation.importances, paint));
    }
    parts.join("\n\n")
}

fn head(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let title = paint.text(Tone::Title, report::title(&evaluation.model_version));
    let Some(period) = &evaluation.period else {
        return format!("{title}\nin the folds of its training");
    };
    let trained = period.training_decision_range.unwrap_or_default();
    let place = match period.place() {
        v1::PeriodPlace::BeforeTraining => {
            paint.text(Tone::Warn, "before its training, which has seen what came after")
        }
        _ => "after its training".to_owned(),
    };
    format!(
        "{title} on rows from {}, {place}\nit was trained on rows from {} – {}, whose labels were known by {}",
        when::show_range(period.range.as_ref()),
        when::show(trained.start.as_ref()),
        when::show(trained.end.as_ref()),
        when::show(period.training_latest_resolve_time.as_ref()),
    )
}

/// The model and each simple rule, on the same rows.
fn beside(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let headings = [
        "",
        ">ROC AUC",
        "95 %",
        ">AP",
        "95 %",
        ">log loss",
        ">Brier",
        ">Brier skill",
    ];
    let mut table = Table::new(&headings, paint);
    let overall = evaluation.overall.clone().unwrap_or_default();
    let sure = evaluation.intervals.as_ref().and_then(|all| all.overall);
    let between = |interval: Option<v1::Interval>| {
        let bounds = interval.as_ref().and_then(report::bounds);
        bounds.map_or_else(
            || UNKNOWN.to_owned(),
            |(low, high)| format!("{}–{}", metric(Some(low)), metric(Some(high))),
        )
    };
    let mut row = |name: String, metrics: &v1::Metrics, intervals: [String; 2], tone: Option<Tone>| {
        let [auc, precision] = intervals;
        let cells = [
            name,
            metric(metrics.roc_auc),
            auc,
            metric(metrics.average_precision),
            precision,
            metric(metrics.log_loss),
            metric(metrics.brier),
            signed(metrics.brier_skill),
        ];
        table.toned(cells.map(|cell| (cell, tone)));
    };
    let intervals = [
        between(sure.and_then(|sure| sure.roc_auc)),
        between(sure.and_then(|sure| sure.average_precision)),
    ];
    row("model".to_owned(), &overall, intervals, Some(Tone::Title));
    if let Some(raw) = &evaluation.uncalibrated {
        row("uncalibrated".to_owned(), raw, Default::default(), None);
    }
    for baseline in &evaluation.baselines {
        let rule = baseline.rule.as_ref().map(|rule| format!(" ({})", rule.feature));
        let name = format!("{}{}", baseline.name, rule.unwrap_or_default());
        row(
            name,
            &baseline.metrics.clone().unwrap_or_default(),
            Default::default(),
            None,
        );
    }
    table.render()
}

fn lines(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let overall = evaluation.overall.clone().unwrap_or_default();
    let tone = match evaluation.skill {
        Some(skill) if skill > 0.0 => Tone::Good,
        _ => Tone::Warn,
    };
    let best = evaluation
        .intervals
        .as_ref()
        .map(|intervals| intervals.best_baseline.as_str());
    let mut lines = vec![format!(
        "skill       {} ROC AUC over the best baseline, {}",
        paint.text(tone, signed(evaluation.skill)),
        best.filter(|best| !best.is_empty()).unwrap_or(UNKNOWN),
    )];
    lines.extend(
        evaluation
            .intervals
            .as_ref()
            .map(|found| report::verdict(found, paint)),
    );
    lines.push(match overall.threshold {
        Some(score) => format!(
            "threshold   {score:.3}, of the training: precision {}, recall {}, F1 {}, MCC {}",
            metric(overall.precision),
            metric(overall.recall),
            metric(overall.f1),
            metric(overall.mcc),
        ),
        None => "threshold   unset: the version has none".to_owned(),
    });
    if let Some(confusion) = &overall.confusion {
        lines.push(format!(
            "calls       {} right and {} wrong of {} called positive; {} missed of {}",
            count(confusion.true_positives),
            count(confusion.false_positives),
            counted(
                confusion.true_positives + confusion.false_positives,
                "row",
                "rows"
            ),
            count(confusion.false_negatives),
            counted(overall.positives, "positive", "positives"),
        ));
    }
    lines.push(format!(
        "calibration error {} over ten bins",
        metric(overall.expected_calibration_error)
    ));
    if let Some(rows) = evaluation.period.as_ref().and_then(|period| period.row_counts) {
        lines.push(format!(
            "rows        {} read: {} positive, {} negative, {} unknown, {} only history, {} of other phases",
            count(rows.read),
            count(rows.positives),
            count(rows.negatives),
            count(rows.unknown),
            count(rows.warm_up),
            count(rows.filtered),
        ));
    }
    lines.join("\n")
}

/// What was said and what came true, bin by bin; empty bins are left out.
fn calibration(bins: &[v1::CalibrationBin], paint: Paint) -> String {
    let mut table = Table::new(&["score", ">rows", ">said", ">came true"], paint);
    for bin in bins.iter().filter(|bin| bin.rows > 0) {
        table.row([
            format!("{:.1}–{:.1}", bin.above, bin.up_to),
            count(bin.rows),
            share(bin.mean_score),
            share(Some(bin.positives as f64 / bin.rows as f64)),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> v1::Evaluation {
        let metrics = v1::Metrics {
            rows: 100,
            positives: 20,
            roc_auc: Some(0.75),
            average_precision: Some(0.4),
            threshold: Some(0.3),
            precision: Some(0.5),
            confusion: Some(v1::Confusion {
                true_positives: 10,
                false_positives: 10,
                false_negatives: 10,
                true_negatives: 70,
            }),
            ..v1::Metrics::default()
        };
        let range = v1::TimeRange {
            start: Some(when::timestamp(0)),
            end: Some(when::timestamp(86_400_000_000)),
        };
        v1::Evaluation {
            name: "projects/default/evaluations/e".to_owned(),
            model_version: "projects/default/models/pump/versions/3".to_owned(),
            overall: Some(metrics.clone()),
            skill: Some(0.25),
            baselines: vec![v1::Baseline {
                name: "best_single_feature".to_owned(),
                rule: Some(v1::SingleRule {
                    feature: "age".to_owned(),
                    ..v1::SingleRule::default()
                }),
                metrics: Some(v1::Metrics {
                    roc_auc: Some(0.5),
                    ..v1::Metrics::default()
                }),
            }],
            period: Some(v1::Period {
                range: Some(range),
                place: v1::PeriodPlace::BeforeTraining.into(),
                ..v1::Period::default()
            }),
            calibration: vec![v1::CalibrationBin {
                above: 0.2,
                up_to: 0.3,
                rows: 8,
                positives: 2,
                mean_score: Some(0.26),
            }],
            ..v1::Evaluation::default()
        }
    }

    #[test]
    fn an_evaluation_is_shown_beside_simple_rules_with_its_calls_and_its_calibration() {
        let text = evaluation(&found(), Paint::Plain);
        for part in [
            "pump version 3 on rows from 1970-01-01 00:00 – 1970-01-02 00:00, before its training",
            "best_single_feature (age)",
            "skill       +0.250 ROC AUC over the best baseline",
            "10 right and 10 wrong of 20 rows called positive; 10 missed of 20 positives",
            "0.2–0.3",
            "26.0 %",
            "25.0 %",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_list_tells_evaluations_of_periods_from_those_of_trainings() {
        let mut of_training = found();
        of_training.period = None;
        let text = table(&[found(), of_training], Paint::Plain);
        assert!(text.contains("1970-01-01 00:00 – 1970-01-02 00:00"), "{text}");
        assert!(text.contains("folds of its training"), "{text}");
        assert_eq!(text.matches("pump@3").count(), 2, "{text}");
    }
}
