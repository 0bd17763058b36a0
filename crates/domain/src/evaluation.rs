//! The numbers of an evaluation. A metric that is undefined on its rows is `None`, never 0.

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
    /// Harmonic mean of precision and recall.
    pub f1: Option<f64>,
    /// Matthews correlation coefficient.
    pub mcc: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// The counts behind them; `None` without a threshold.
    pub confusion: Option<Confusion>,
}

/// What something simple reaches on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// `prevalence`, `logistic_regression`, ...
    pub name: String,
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

/// An honest estimate of what a model is worth: folds, and everything over all out-of-fold scores.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evaluation {
    /// The folds in order of time.
    pub folds: Vec<Fold>,
    /// Metrics over all out-of-fold scores together.
    pub overall: Metrics,
    /// Baselines over the same rows.
    pub baselines: Vec<Baseline>,
    /// Mean ROC AUC of the folds minus that of the best baseline; `None` when a fold lacks a class.
    pub skill: Option<f64>,
    /// The score on held-out entities; `None` when none was held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<UnseenEntities>,
    /// ROC AUC of the algorithm in the last fold when all labels are shuffled: what is far from 0.5 comes from elsewhere than
    /// the rows. `None` where it was not measured, or the shuffled fold lacks a class.
    #[serde(default)]
    pub shuffled_roc_auc: Option<f64>,
    /// Features that tell nearly all of the label alone, in the model's order: a leak more often than a discovery.
    #[serde(default)]
    pub alarms: Vec<SingleFeature>,
    /// Importance of each feature in the final model (share of the total gain, or of absolute standardised weight), in
    /// the model's order.
    pub importances: Vec<f64>,
}
