//! The numbers of an evaluation. What is undefined stays unset.

use super::field::{small_wire_count, wire_count};
use super::intervals;
use super::label::show_direction;
use super::model_version::show_rows;
use super::slices;
use super::time::{show_instant, show_range};
use mltraining_domain::{
    Baseline, CalibrationBin, Confusion, CorrelatedFeature, Evaluation, Fold, Metrics, Period, PeriodPlace,
    RegressionMetrics, SingleFeature, SingleRule, TestGap, TopRows, UnseenEntities,
};
use mltraining_proto::v1;

/// A whole evaluation; `features` are the model's, in the order of the importances.
pub(crate) fn show(evaluation: &Evaluation, features: &[String]) -> v1::Evaluation {
    let numbers = evaluation.overall.regression.is_some();
    let importances = features.iter().zip(&evaluation.importances).enumerate();
    let importances = importances.map(|(at, (feature, share))| {
        let drop = evaluation.permutation.get(at);
        v1::FeatureImportance {
            feature: feature.clone(),
            share: *share,
            roc_auc_drop: drop.filter(|_| !numbers).map(|drop| drop.mean),
            roc_auc_drop_deviation: drop.filter(|_| !numbers).and_then(|drop| drop.deviation),
            r2_drop: drop.filter(|_| numbers).map(|drop| drop.mean),
            r2_drop_deviation: drop.filter(|_| numbers).and_then(|drop| drop.deviation),
        }
    });
    v1::Evaluation {
        folds: evaluation.folds.iter().map(show_fold).collect(),
        leak_proof: Some(v1::LeakProof {
            folds: evaluation.folds.iter().map(show_leak_proof).collect(),
            shuffled_roc_auc: evaluation.shuffled_roc_auc,
            alarms: evaluation.alarms.iter().map(show_alarm).collect(),
            shuffled_spearman: evaluation.shuffled_spearman,
            correlated: evaluation.correlated.iter().map(show_correlated).collect(),
        }),
        unseen_entities: evaluation.unseen.as_ref().map(show_unseen),
        baselines: show_baselines(&evaluation.baselines),
        importances: importances.collect(),
        overall: Some(show_metrics(&evaluation.overall)),
        uncalibrated: evaluation.uncalibrated.as_ref().map(show_metrics),
        slices: evaluation.slices.iter().map(slices::show).collect(),
        skill: evaluation.skill,
        intervals: evaluation.intervals.as_ref().map(intervals::show),
        period: evaluation.period.as_ref().map(show_period),
        calibration: evaluation.calibration.iter().map(show_bin).collect(),
        ..v1::Evaluation::default()
    }
}

fn show_period(period: &Period) -> v1::Period {
    let place = match period.place {
        PeriodPlace::After => v1::PeriodPlace::AfterTraining,
        PeriodPlace::Before => v1::PeriodPlace::BeforeTraining,
        PeriodPlace::Overlaps => v1::PeriodPlace::Unspecified, // refused before anything is judged
    };
    v1::Period {
        range: Some(show_range(&period.range)),
        known_before: period.known_before.map(show_instant),
        decision_range: Some(show_range(&period.decisions)),
        latest_resolve_time: Some(show_instant(period.latest_resolve)),
        row_counts: Some(show_rows(&period.rows, None)),
        entity_count: wire_count(period.entities),
        source_fingerprint: period.source_fingerprint.clone(),
        place: place.into(),
        training_decision_range: Some(show_range(&period.trained.decisions)),
        training_latest_resolve_time: Some(show_instant(period.trained.latest_resolve)),
    }
}

fn show_bin(bin: &CalibrationBin) -> v1::CalibrationBin {
    v1::CalibrationBin {
        above: bin.above,
        up_to: bin.up_to,
        rows: wire_count(bin.rows),
        positives: wire_count(bin.positives),
        mean_score: bin.mean_score,
    }
}

/// Metrics; what is undefined stays unset.
pub(crate) fn show_metrics(metrics: &Metrics) -> v1::Metrics {
    v1::Metrics {
        rows: wire_count(metrics.rows),
        positives: wire_count(metrics.positives),
        roc_auc: metrics.roc_auc,
        average_precision: metrics.average_precision,
        log_loss: metrics.log_loss,
        brier: metrics.brier,
        brier_skill: metrics.brier_skill,
        accuracy: metrics.accuracy,
        balanced_accuracy: metrics.balanced_accuracy,
        precision: metrics.precision,
        recall: metrics.recall,
        specificity: metrics.specificity,
        f1: metrics.f1,
        mcc: metrics.mcc,
        kappa: metrics.kappa,
        threshold: metrics.threshold,
        confusion: metrics.confusion.as_ref().map(show_confusion),
        expected_calibration_error: metrics.expected_calibration_error,
        false_positive_rate: metrics.false_positive_rate,
        false_negative_rate: metrics.false_negative_rate,
        ks: metrics.ks,
        top: metrics.top.iter().map(show_top).collect(),
        regression: metrics.regression.as_ref().map(show_regression),
    }
}

fn show_regression(metrics: &RegressionMetrics) -> v1::RegressionMetrics {
    v1::RegressionMetrics {
        rmse: metrics.rmse,
        mae: metrics.mae,
        median_absolute_error: metrics.median_absolute_error,
        r2: metrics.r2,
        spearman: metrics.spearman,
    }
}

fn show_top(top: &TopRows) -> v1::TopRows {
    v1::TopRows {
        share: top.share,
        rows: wire_count(top.rows),
        precision: top.precision,
        recall: top.recall,
        lift: top.lift,
    }
}

pub(super) fn show_confusion(confusion: &Confusion) -> v1::Confusion {
    v1::Confusion {
        true_positives: wire_count(confusion.true_positives),
        false_positives: wire_count(confusion.false_positives),
        true_negatives: wire_count(confusion.true_negatives),
        false_negatives: wire_count(confusion.false_negatives),
    }
}

pub(super) fn show_baselines(baselines: &[Baseline]) -> Vec<v1::Baseline> {
    let shown = baselines.iter().map(|baseline| v1::Baseline {
        name: baseline.name.clone(),
        metrics: Some(show_metrics(&baseline.metrics)),
        rule: baseline.rule.as_ref().map(show_rule),
    });
    shown.collect()
}

fn show_rule(rule: &SingleRule) -> v1::SingleRule {
    v1::SingleRule {
        feature: rule.feature.clone(),
        direction: show_direction(rule.direction).into(),
    }
}

pub(super) fn show_fold(fold: &Fold) -> v1::Fold {
    v1::Fold {
        index: small_wire_count(fold.index),
        train_start_time: Some(show_instant(fold.train_start)),
        train_end_time: Some(show_instant(fold.train_end)),
        test_start_time: Some(show_instant(fold.test_start)),
        test_end_time: Some(show_instant(fold.test_end)),
        train_rows: wire_count(fold.train_rows),
        train_positives: wire_count(fold.train_positives),
        test_rows: wire_count(fold.test_rows),
        test_positives: wire_count(fold.test_positives),
        purged_rows: wire_count(fold.leak_proof.purged_rows),
        embargoed_rows: wire_count(fold.leak_proof.embargoed_rows),
        metrics: Some(show_metrics(&fold.metrics)),
        uncalibrated: fold.uncalibrated.as_ref().map(show_metrics),
        intervals: fold.intervals.as_ref().map(intervals::show_scores),
        baselines: show_baselines(&fold.baselines),
        unseen_entities: fold.unseen.as_ref().map(show_metrics),
    }
}

fn show_unseen(unseen: &UnseenEntities) -> v1::UnseenEntities {
    v1::UnseenEntities {
        entity_count: wire_count(unseen.entities),
        metrics: Some(show_metrics(&unseen.metrics)),
        mean_roc_auc: unseen.mean_roc_auc,
    }
}

fn show_alarm(alarm: &SingleFeature) -> v1::SingleFeature {
    v1::SingleFeature {
        feature: alarm.name.clone(),
        roc_auc: alarm.roc_auc,
    }
}

fn show_correlated(feature: &CorrelatedFeature) -> v1::CorrelatedFeature {
    v1::CorrelatedFeature {
        feature: feature.name.clone(),
        spearman: feature.spearman,
    }
}

fn show_leak_proof(fold: &Fold) -> v1::FoldLeakProof {
    v1::FoldLeakProof {
        index: small_wire_count(fold.index),
        latest_train_resolve_time: Some(show_instant(fold.leak_proof.latest_train_resolve)),
        first_test_decision_time: Some(show_instant(fold.leak_proof.first_test_decision)),
        purged_rows: wire_count(fold.leak_proof.purged_rows),
        embargoed_rows: wire_count(fold.leak_proof.embargoed_rows),
        gaps: fold.leak_proof.gaps.iter().map(show_gap).collect(),
    }
}

fn show_gap(gap: &TestGap) -> v1::TestGap {
    v1::TestGap {
        first_test_decision_time: Some(show_instant(gap.first_test_decision)),
        latest_test_resolve_time: Some(show_instant(gap.latest_test_resolve)),
        latest_train_resolve_time: gap.latest_train_resolve.map(show_instant),
        next_train_decision_time: gap.next_train_decision.map(show_instant),
    }
}
