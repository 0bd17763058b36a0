//! What a search for parameters knows of its trials, and what follows from it.

mod next;

pub use next::{Step, next, standing};

use crate::{Configuration, Interval, Metrics, Reason, ScoreIntervals, Task, TimeRange, Verdict};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// By what trials are compared: a number over the test rows of all folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StudyMetric {
    /// Area under the ROC curve; more is better.
    RocAuc,
    /// Average precision; more is better.
    AveragePrecision,
    /// Log loss; less is better.
    LogLoss,
    /// Brier score; less is better.
    Brier,
    /// Root of the mean squared error of foreseen numbers; less is better.
    Rmse,
    /// Mean absolute error of foreseen numbers; less is better.
    Mae,
    /// Spearman's rank correlation of foreseen numbers; more is better.
    Spearman,
}

impl StudyMetric {
    /// Every metric.
    pub const ALL: [StudyMetric; 7] = [
        Self::RocAuc,
        Self::AveragePrecision,
        Self::LogLoss,
        Self::Brier,
        Self::Rmse,
        Self::Mae,
        Self::Spearman,
    ];

    /// What a request that names none goes by.
    pub fn default_of(task: Task) -> Self {
        match task {
            Task::Binary => Self::RocAuc,
            Task::Regression => Self::Rmse,
        }
    }

    /// The stored word, e.g. `roc_auc`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RocAuc => "roc_auc",
            Self::AveragePrecision => "average_precision",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::Spearman => "spearman",
        }
    }

    /// What it judges.
    pub fn task(self) -> Task {
        match self {
            Self::RocAuc | Self::AveragePrecision | Self::LogLoss | Self::Brier => Task::Binary,
            Self::Rmse | Self::Mae | Self::Spearman => Task::Regression,
        }
    }

    /// The names of those that judge it.
    pub fn able(task: Task) -> Vec<&'static str> {
        let able = Self::ALL.into_iter().filter(|metric| metric.task() == task);
        able.map(Self::as_str).collect()
    }

    /// Whether more is better.
    pub fn is_higher_better(self) -> bool {
        matches!(self, Self::RocAuc | Self::AveragePrecision | Self::Spearman)
    }

    /// Whether calibrated scores have another value of it.
    pub fn sees_calibration(self) -> bool {
        matches!(self, Self::LogLoss | Self::Brier)
    }

    /// The metric among others; `None` where it is undefined.
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        let numbers = metrics.regression.as_ref();
        match self {
            Self::RocAuc => metrics.roc_auc,
            Self::AveragePrecision => metrics.average_precision,
            Self::LogLoss => metrics.log_loss,
            Self::Brier => metrics.brier,
            Self::Rmse => numbers.and_then(|of| of.rmse),
            Self::Mae => numbers.and_then(|of| of.mae),
            Self::Spearman => numbers.and_then(|of| of.spearman),
        }
    }

    /// How sure it is, 95 %; `None` where that is unset, and for those of which no interval is drawn.
    pub fn bounds(self, intervals: &ScoreIntervals) -> Option<(f64, f64)> {
        let numbers = intervals.regression.as_ref();
        let interval = match self {
            Self::RocAuc => Some(intervals.roc_auc),
            Self::AveragePrecision => Some(intervals.average_precision),
            Self::LogLoss | Self::Brier => None,
            Self::Rmse => numbers.map(|of| of.rmse),
            Self::Mae => numbers.map(|of| of.mae),
            Self::Spearman => numbers.map(|of| of.spearman),
        };
        interval.as_ref().and_then(Interval::bounds)
    }
}

impl fmt::Display for StudyMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a trial stands in a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TrialState {
    /// No worker has its job.
    Waiting,
    /// A worker has its job.
    Running,
    /// It has a score.
    Succeeded,
    /// It could not be fitted or judged, or its job was lost.
    Failed,
    /// The search ended before it had a score.
    Skipped,
}

impl TrialState {
    /// Every state.
    pub const ALL: [TrialState; 5] = [
        Self::Waiting,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Skipped,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
        }
    }

    /// The state of a stored word, `None` for a word of another version.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether no more comes of it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// A trial in a rung.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its number in the study, from 1.
    pub number: u32,
    /// The rung, from 0.
    pub rung: u32,
    /// Its point in the space.
    pub parameters: Configuration,
    /// Where it stands.
    pub state: TrialState,
    /// What it reached; set exactly when it SUCCEEDED.
    pub score: Option<TrialScore>,
    /// Why it FAILED.
    pub error: Option<TrialError>,
}

/// What a trial reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrialScore {
    /// The study's metric over the test rows of all folds.
    pub value: f64,
    /// Lower end of its 95 % interval; `None` where that is unset.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Time of processors that it took, in seconds.
    pub cpu_seconds: f64,
}

/// Why a trial failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialError {
    /// The machine-readable reason.
    pub reason: Reason,
    /// One line for people.
    pub message: String,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchEnd {
    /// Every trial that was due has ended.
    Complete,
    /// Its time was over.
    TimeOver,
}

/// What a study has found, beside the model version that it leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// By what trials were compared.
    pub metric: StudyMetric,
    /// Why the search ended.
    pub end: SearchEnd,
    /// Points of the space that were tried.
    pub trials: u32,
    /// Of them without any score because they failed.
    pub failed: u32,
    /// Of them without any score because the search ended.
    pub skipped: u32,
    /// The trial that won.
    pub winner: u32,
    /// Its point in the space.
    pub parameters: Configuration,
    /// The rung that it won in, from 0.
    pub rung: u32,
    /// What it reached on the folds that it was chosen by: the best of many, and so too good.
    pub search_score: TrialScore,
    /// What trials saw, `[start, end)`.
    pub searched: TimeRange,
    /// What no trial saw, `[start, end)`.
    pub held_out: TimeRange,
    /// What the winner reached there, judged once; `None` where it is undefined.
    pub holdout_score: Option<f64>,
    /// Lower end of its 95 % interval; `None` where that is unset.
    pub holdout_low: Option<f64>,
    /// Upper end.
    pub holdout_high: Option<f64>,
    /// Whether the winner has skill there; `None` where it cannot be told.
    pub verdict: Option<Verdict>,
    /// When the first trial was planned.
    pub started_at: DateTime<Utc>,
}
