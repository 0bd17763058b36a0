//! The numbers of an evaluation. A metric that is undefined on its rows is `None`, never 0.

use crate::{
    Curves, Direction, FeatureDrop, ForecastPart, PeriodPlace, RowCounts, Slices, Span, TimeRange,
    TrainedRows,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Counts at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Negatives below the threshold.
    pub true_negatives: u64,
    /// Negatives at or above it.
    pub false_positives: u64,
    /// Positives below it.
    pub false_negatives: u64,
    /// Positives at or above it.
    pub true_positives: u64,
}

/// What the rows with the highest scores hold: as many as could be acted on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TopRows {
    /// Share of all rows that is looked at, above 0 and at most 1.
    pub share: f64,
    /// The rows that are: `share` of all, rounded up.
    pub rows: u64,
    /// Share of positives among them.
    pub precision: f64,
    /// Share of all positives that are among them; `None` without a positive.
    pub recall: Option<f64>,
    /// Precision over the share of positives of all rows; `None` without a positive.
    pub lift: Option<f64>,
}

/// Metrics of binary scores against what came true. All but the counts are shares or scores; `None` where undefined.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// Rows measured.
    pub rows: u64,
    /// Of them positive.
    pub positives: u64,
    /// Area under the ROC curve, ties averaged.
    pub roc_auc: Option<f64>,
    /// Average precision (step-wise, not the trapezoid).
    pub average_precision: Option<f64>,
    /// Log loss, scores clipped at 2.22e-16.
    pub log_loss: Option<f64>,
    /// Brier score.
    pub brier: Option<f64>,
    /// 1 - brier / brier of the rows' own prevalence.
    pub brier_skill: Option<f64>,
    /// Expected calibration error over 10 equal bins.
    pub expected_calibration_error: Option<f64>,
    /// Kolmogorov and Smirnov's distance: the largest difference between the shares of positives and of negatives that lie
    /// above one score.
    #[serde(default)]
    pub ks: Option<f64>,
    /// What the highest scores hold, the smallest share first; empty where scores are unknown and in evaluations of before.
    #[serde(default)]
    pub top: Vec<TopRows>,
    /// The threshold that the following metrics were measured at.
    pub threshold: Option<f64>,
    /// Share of right answers.
    pub accuracy: Option<f64>,
    /// Mean of recall and specificity.
    pub balanced_accuracy: Option<f64>,
    /// TP / (TP + FP).
    pub precision: Option<f64>,
    /// TP / (TP + FN).
    pub recall: Option<f64>,
    /// TN / (TN + FP).
    pub specificity: Option<f64>,
    /// FP / (FP + TN).
    #[serde(default)]
    pub false_positive_rate: Option<f64>,
    /// FN / (FN + TP).
    #[serde(default)]
    pub false_negative_rate: Option<f64>,
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Matthews correlation coefficient.
    pub mcc: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// The counts behind them; `None` without a threshold.
    pub confusion: Option<Confusion>,
    /// Of foreseen numbers; `None` where classes are foreseen. Where it is set everything else but `rows` is unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regression: Option<RegressionMetrics>,
}

/// Metrics of foreseen numbers against those that came true. `None` where undefined.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RegressionMetrics {
    /// Root of the mean squared error, in the unit of the label.
    pub rmse: Option<f64>,
    /// Mean absolute error, in the unit of the label.
    pub mae: Option<f64>,
    /// Median absolute error, in the unit of the label.
    pub median_absolute_error: Option<f64>,
    /// 1 - squared error / squared distance from the rows' own mean; at most 1. `None` when all truths are equal.
    pub r2: Option<f64>,
    /// Spearman's rank correlation, ties averaged, from -1 to 1. `None` when all truths or all forecasts are equal.
    pub spearman: Option<f64>,
}

/// A 95 % interval of a number, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// From `low` to `high`.
    Between {
        /// 2.5 % lie below.
        low: f64,
        /// 2.5 % lie above.
        high: f64,
    },
    /// It cannot be told.
    Unset(IntervalUnset),
}

impl Interval {
    /// Both ends; `None` when it is unset.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        match self {
            Self::Between { low, high } => Some((*low, *high)),
            Self::Unset(_) => None,
        }
    }
}

/// Why an interval is unset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalUnset {
    /// The test rows fill fewer than 5 blocks of time, too few to tell what is chance.
    TooFewBlocks,
    /// The number itself is undefined, or in more than 5 % of the draws: a class is missing or rare.
    Undefined,
}

/// How sure the scores of some test rows are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScoreIntervals {
    /// Blocks of time that the rows fill.
    pub blocks: u64,
    /// Of the area under the ROC curve.
    pub roc_auc: Interval,
    /// Of the average precision.
    pub average_precision: Interval,
    /// Of foreseen numbers; `None` where classes are foreseen, and the others are undefined where it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regression: Option<RegressionIntervals>,
}

/// How sure the metrics of foreseen numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RegressionIntervals {
    /// Of the root mean squared error.
    pub rmse: Interval,
    /// Of the mean absolute error.
    pub mae: Interval,
    /// Of the median absolute error.
    pub median_absolute_error: Interval,
    /// Of R2.
    pub r2: Interval,
    /// Of Spearman's rank correlation, by the ranks among all rows.
    pub spearman: Interval,
}

/// How sure an evaluation is: a bootstrap over blocks of time, all entities together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Length of a block: at least a day, and at least as long as a label looks ahead.
    pub block: Span,
    /// How often blocks were drawn.
    pub resamples: u32,
    /// Of all out-of-fold scores together.
    pub overall: ScoreIntervals,
    /// The baseline with the highest mean ROC AUC over the folds (of numbers the lowest mean RMSE), which the skill is measured against; `None` when that is
    /// undefined.
    pub best_baseline: Option<String>,
    /// Of the skill, model and baseline on the same draws.
    pub skill: Interval,
    /// The chance of a skill so far from 0 if there were none, two-sided; `None` where the interval is unset.
    pub p_value: Option<f64>,
    /// What follows; `None` where the interval is unset.
    pub verdict: Option<Verdict>,
}

/// What can be said of a model beside the best baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The interval of the skill lies above 0.
    Skill,
    /// It holds 0 or lies below: chance alone, or the baseline, does as well.
    NoSkill,
}

/// Which way a single feature tells of the label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleRule {
    /// The feature.
    pub feature: String,
    /// Up when large values are those of positives.
    pub direction: Direction,
}

/// What something simple reaches on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// `prevalence`, `last_label`, `best_single_feature` or `logistic_regression`; of numbers `mean`, `last_value`,
    /// `best_single_feature` or `ridge`.
    pub name: String,
    /// The feature that a fold's training rows chose for `best_single_feature`; `None` over all folds and for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<SingleRule>,
    /// Its metrics on the same test rows.
    pub metrics: Metrics,
}

/// One fold: trained on some rows, tested on others that none of those knows anything of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// From 1.
    pub index: u32,
    /// First decision time in training.
    pub train_start: DateTime<Utc>,
    /// Last decision time in training.
    pub train_end: DateTime<Utc>,
    /// First decision time in the test block.
    pub test_start: DateTime<Utc>,
    /// Last decision time in the test block.
    pub test_end: DateTime<Utc>,
    /// Rows trained on.
    pub train_rows: u64,
    /// Of them positive.
    pub train_positives: u64,
    /// Rows tested on.
    pub test_rows: u64,
    /// Of them positive.
    pub test_positives: u64,
    /// Metrics on the test rows.
    pub metrics: Metrics,
    /// The same of the scores as the learner gave them; `None` where no calibration was laid over them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncalibrated: Option<Metrics>,
    /// How sure they are; `None` in evaluations of versions before there was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<ScoreIntervals>,
    /// Baselines on the same rows.
    pub baselines: Vec<Baseline>,
    /// Metrics on the rows of held-out entities in the test block; `None` when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<Metrics>,
    /// That nothing of the test was known in training.
    pub leak_proof: LeakProof,
}

/// The proof that no training row knew anything of the test block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakProof {
    /// Latest time at which a training label was resolved; lies before `first_test_decision - embargo` where no row after
    /// the test block is trained on.
    pub latest_train_resolve: DateTime<Utc>,
    /// First decision time of the test block.
    pub first_test_decision: DateTime<Utc>,
    /// Rows dropped because their label resolves inside the test block.
    pub purged_rows: u64,
    /// Rows dropped because of the embargo alone.
    pub embargoed_rows: u64,
    /// Each run of neighbouring test blocks in order of time, with the training rows nearest to it; empty in evaluations of
    /// versions before there were any.
    #[serde(default)]
    pub gaps: Vec<TestGap>,
}

/// The distance that training keeps from one run of test blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestGap {
    /// First decision time of the run.
    pub first_test_decision: DateTime<Utc>,
    /// Latest resolve time of the run.
    pub latest_test_resolve: DateTime<Utc>,
    /// Latest resolve time of the training rows decided before the run; lies before `first_test_decision`. `None` when there
    /// are none.
    pub latest_train_resolve: Option<DateTime<Utc>>,
    /// First decision time of the other training rows; lies after `latest_test_resolve + embargo`. `None` when there are
    /// none.
    pub next_train_decision: Option<DateTime<Utc>>,
}

/// What models reach on entities that they have never seen, in the same time as their other tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnseenEntities {
    /// Entities held out, of those with a known label.
    pub entities: u64,
    /// Metrics over their rows in the test blocks of all folds, each scored by its own fold's model.
    pub metrics: Metrics,
    /// Mean ROC AUC of the folds on their rows; `None` when a fold lacks a class.
    pub mean_roc_auc: Option<f64>,
}

/// A feature that parts the classes alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleFeature {
    /// Its name.
    pub name: String,
    /// ROC AUC of its known values, or 1 less that when small values are those of positives: from 0.5 to 1.
    pub roc_auc: f64,
}

/// Rows whose scores lie together: how often what was said came true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// The scores lie above this one; in the first bin also at it.
    pub above: f64,
    /// And up to this one.
    pub up_to: f64,
    /// Rows in it.
    pub rows: u64,
    /// Of them positive.
    pub positives: u64,
    /// Mean of their scores; `None` without rows.
    pub mean_score: Option<f64>,
}

/// The rows of a period that a version was judged on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// Decision times that were asked for, `[start, end)`.
    pub range: TimeRange,
    /// Only rows recorded before were seen; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// First and last decision time of the rows; here the end is included.
    pub decisions: TimeRange,
    /// When the last of their labels was known.
    pub latest_resolve: DateTime<Utc>,
    /// Where the rows went.
    pub rows: RowCounts,
    /// Entities with at least one row.
    pub entities: u64,
    /// Hex SHA-256 over the canonical bytes of all rows read.
    pub source_fingerprint: String,
    /// How it lies to the training.
    pub place: PeriodPlace,
    /// The rows of the training, which it does not touch.
    pub trained: TrainedRows,
}

/// A feature that orders the numbers to foresee alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorrelatedFeature {
    /// Its name.
    pub name: String,
    /// Spearman's rank correlation of its known values with the label, from -1 to 1.
    pub spearman: f64,
}

/// An honest estimate of what a model is worth: folds, and everything over all out-of-fold scores.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evaluation {
    /// The folds in order of time.
    pub folds: Vec<Fold>,
    /// Metrics over all out-of-fold scores together.
    pub overall: Metrics,
    /// The same of the scores as the learner gave them; `None` without a calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncalibrated: Option<Metrics>,
    /// Baselines over the same rows.
    pub baselines: Vec<Baseline>,
    /// Mean ROC AUC of the folds minus that of the best baseline; `None` when a fold lacks a class. Of numbers the mean over the
    /// folds of 1 - RMSE / RMSE of the best baseline; `None` when that is 0 in a fold.
    pub skill: Option<f64>,
    /// How sure the numbers are; `None` in evaluations of versions before there was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Intervals>,
    /// The score on held-out entities; `None` when none was held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<UnseenEntities>,
    /// ROC AUC of the algorithm in the last fold when all labels are shuffled: what is far from 0.5 comes from elsewhere than
    /// the rows. `None` where it was not measured, or the shuffled fold lacks a class.
    #[serde(default)]
    pub shuffled_roc_auc: Option<f64>,
    /// Of numbers: Spearman's rank correlation of the algorithm in the last fold when all labels are shuffled, about 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffled_spearman: Option<f64>,
    /// Features that tell nearly all of the label alone, in the model's order: a leak more often than a discovery.
    #[serde(default)]
    pub alarms: Vec<SingleFeature>,
    /// Of numbers: the same by rank correlation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub correlated: Vec<CorrelatedFeature>,
    /// Importance of each feature in the final model (share of the total gain, or of absolute standardised weight), in
    /// the model's order.
    pub importances: Vec<f64>,
    /// What each feature is worth on the test rows of the folds, in the same order, in ROC AUC (of numbers in R2); empty where
    /// no fold can measure it, and in evaluations of versions before there was any.
    #[serde(default)]
    pub permutation: Vec<FeatureDrop>,
    /// The scores by entity, phase, day and hour; empty in evaluations of versions before there were any.
    #[serde(default)]
    pub slices: Vec<Slices>,
    /// The period that the kept model was judged on, which then is what all numbers are of, and there are no folds; `None` for the
    /// evaluation that a training makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// How often scores came true on the period, by tenths of the score; empty for the evaluation that a training makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<CalibrationBin>,
    /// The same scores over all thresholds; `None` where numbers are foreseen, and in evaluations of versions before there were any.
    /// Kept apart from the rest, which reads without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// Of numbers: out-of-fold forecasts in parts of about equal size, the lowest first, beside what came true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forecasts: Vec<ForecastPart>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What version 0.1 stored before there were intervals, baselines with rules, and metrics at k.
    const STORED: &str = r#"{
        "folds": [{
            "index": 1, "train_start": "2026-01-01T00:00:00Z", "train_end": "2026-01-02T00:00:00Z",
            "test_start": "2026-01-02T01:00:00Z", "test_end": "2026-01-03T00:00:00Z",
            "train_rows": 10, "train_positives": 3, "test_rows": 5, "test_positives": 1,
            "metrics": {"rows": 5, "positives": 1, "roc_auc": 0.75, "average_precision": 0.5, "log_loss": 0.4, "brier": 0.1,
                "brier_skill": null, "expected_calibration_error": 0.1, "threshold": 0.3, "accuracy": 0.8,
                "balanced_accuracy": 0.7, "precision": 0.5, "recall": 1.0, "specificity": 0.75, "f1": 0.6, "mcc": 0.5,
                "kappa": 0.5, "confusion": {"true_negatives": 3, "false_positives": 1, "false_negatives": 0, "true_positives": 1}},
            "baselines": [{"name": "prevalence", "metrics": {"rows": 5, "positives": 1, "roc_auc": 0.5,
                "average_precision": 0.2, "log_loss": 0.5, "brier": 0.2, "brier_skill": 0.0,
                "expected_calibration_error": 0.0, "threshold": null, "accuracy": null, "balanced_accuracy": null,
                "precision": null, "recall": null, "specificity": null, "f1": null, "mcc": null, "kappa": null,
                "confusion": null}}],
            "leak_proof": {"latest_train_resolve": "2026-01-02T00:10:00Z", "first_test_decision": "2026-01-02T01:00:00Z",
                "purged_rows": 0, "embargoed_rows": 0}
        }],
        "overall": {"rows": 5, "positives": 1, "roc_auc": 0.75, "average_precision": 0.5, "log_loss": 0.4, "brier": 0.1,
            "brier_skill": null, "expected_calibration_error": 0.1, "threshold": null, "accuracy": null,
            "balanced_accuracy": null, "precision": null, "recall": null, "specificity": null, "f1": null, "mcc": null,
            "kappa": null, "confusion": null},
        "baselines": [], "skill": 0.25, "importances": [1.0]
    }"#;

    #[test]
    fn an_evaluation_of_an_earlier_version_is_read_with_what_it_did_not_measure_unset() {
        let read: Evaluation = serde_json::from_str(STORED).unwrap();
        assert_eq!(read.skill, Some(0.25));
        assert_eq!((read.intervals, read.uncalibrated), (None, None));
        assert!(read.slices.is_empty() && read.permutation.is_empty());
        let fold = &read.folds[0];
        assert_eq!(
            (fold.metrics.ks, fold.metrics.top.len(), fold.intervals),
            (None, 0, None)
        );
        assert_eq!(fold.metrics.false_positive_rate, None);
        assert_eq!(fold.baselines[0].rule, None);
    }

    #[test]
    fn an_interval_is_stored_as_its_ends_or_as_its_reason() {
        let stored = |interval: Interval| serde_json::to_string(&interval).unwrap();
        let between = Interval::Between { low: 0.25, high: 0.5 };
        assert_eq!(stored(between), r#"{"between":{"low":0.25,"high":0.5}}"#);
        let unset = Interval::Unset(IntervalUnset::TooFewBlocks);
        assert_eq!(stored(unset), r#"{"unset":"too_few_blocks"}"#);
        for interval in [between, unset] {
            assert_eq!(
                serde_json::from_str::<Interval>(&stored(interval)).unwrap(),
                interval
            );
        }
    }
}
