//! The lines below the table of folds.

use super::folds;
use super::intervals;
use super::proof;
use crate::commands::spec::threshold;
use crate::output::{Paint, Tone, count, counted, metric, share, signed};
use mltraining_proto::v1;

/// Skill, calls at the threshold, calibration, rows, and the proof that nothing leaked.
pub(super) fn lines(version: &v1::ModelVersion, evaluation: &v1::Evaluation, paint: Paint) -> String {
    let mut lines = vec![skill(evaluation, paint)];
    if let Some(found) = &evaluation.intervals {
        lines.push(intervals::line(found, paint));
    }
    lines.push(at_threshold(version, evaluation));
    if let Some(overall) = &evaluation.overall {
        lines.push(format!(
            "scores      Brier {} (skill {}), log loss {}, calibration error {}",
            metric(overall.brier),
            signed(overall.brier_skill),
            metric(overall.log_loss),
            metric(overall.expected_calibration_error),
        ));
        lines.extend(evaluation.uncalibrated.as_ref().map(uncalibrated));
        lines.extend(ranking(overall));
    }
    if let Some(unseen) = &evaluation.unseen_entities {
        let seen = folds::mean_of(&evaluation.folds, |fold| fold.metrics.as_ref()?.roc_auc);
        let rows = unseen.metrics.as_ref().map_or(0, |metrics| metrics.rows);
        lines.push(format!(
            "unseen      {} held out, {} tested: mean ROC AUC of the folds {}, beside {} on the others",
            counted(unseen.entity_count, "entity", "entities"),
            counted(rows, "row", "rows"),
            metric(unseen.mean_roc_auc),
            metric(seen),
        ));
    }
    if let Some(rows) = &version.row_counts {
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
    if let Some(leak_proof) = &evaluation.leak_proof {
        lines.push(proof::line(leak_proof, paint));
    }
    lines.join("\n")
}

/// The headline: what the model adds to the best simple rule.
fn skill(evaluation: &v1::Evaluation, paint: Paint) -> String {
    let auc = |baseline: &&v1::Baseline| {
        let of = |fold: &v1::Fold| folds::baseline_of(fold, &baseline.name)?.roc_auc;
        folds::mean_of(&evaluation.folds, of).unwrap_or(f64::NEG_INFINITY)
    };
    let best = evaluation
        .baselines
        .iter()
        .max_by(|a, b| auc(a).total_cmp(&auc(b)));
    let best = best.map_or_else(String::new, |baseline| format!(", {}", baseline.name));
    let tone = match evaluation.skill {
        Some(skill) if skill > 0.0 => Tone::Good,
        _ => Tone::Warn,
    };
    let verdict = match evaluation.skill {
        Some(skill) if skill <= 0.0 => ", which is as good or better",
        Some(_) => "",
        None => ": undefined, a fold tested only one class",
    };
    format!(
        "skill       {} mean ROC AUC of the folds over the best baseline{best}{verdict}",
        paint.text(tone, signed(evaluation.skill))
    )
}

/// The same as the learner gave them, before the calibration of each fold.
fn uncalibrated(metrics: &v1::Metrics) -> String {
    format!(
        "uncalibrated Brier {} (skill {}), log loss {}, calibration error {}",
        metric(metrics.brier),
        signed(metrics.brier_skill),
        metric(metrics.log_loss),
        metric(metrics.expected_calibration_error),
    )
}

/// What the highest scores hold; `None` for versions that did not measure it.
fn ranking(overall: &v1::Metrics) -> Option<String> {
    let tops: Vec<String> = overall
        .top
        .iter()
        .map(|top| {
            format!(
                "{} of the {} rows ({}) are positive, lift {}",
                share(Some(top.precision)),
                count(top.rows),
                share(Some(top.share)),
                metric(top.lift),
            )
        })
        .collect();
    let last = tops.last()?;
    let first = tops.iter().rev().nth(2)?;
    Some(format!("highest     {first}; {last}; KS {}", metric(overall.ks)))
}

fn at_threshold(version: &v1::ModelVersion, evaluation: &v1::Evaluation) -> String {
    let rule = version.train_spec.as_ref().map_or_else(String::new, |spec| {
        format!(" ({})", threshold::describe(spec.threshold.as_ref()))
    });
    let Some(score) = version.threshold else {
        return format!("threshold   unset: no score fits the rule{rule}");
    };
    let overall = evaluation.overall.clone().unwrap_or_default();
    format!(
        "threshold   {score:.3}{rule}; in the folds: precision {}, recall {}, F1 {}, MCC {}",
        metric(overall.precision),
        metric(overall.recall),
        metric(overall.f1),
        metric(overall.mcc),
    )
}
