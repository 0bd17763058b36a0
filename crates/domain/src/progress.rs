//! How far a running job has come.

use serde::{Deserialize, Serialize};

/// The steps of a training job, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkPhase {
    /// Rows stream from the source.
    Read,
    /// Features are computed.
    Features,
    /// Labels are computed.
    Labels,
    /// Folds are cut and purged.
    Split,
    /// Learners are fitted, fold by fold, then the final model.
    Fit,
    /// Scores are measured.
    Evaluate,
    /// Artifacts and rows are written.
    Store,
}

impl WorkPhase {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Features => "FEATURES",
            Self::Labels => "LABELS",
            Self::Split => "SPLIT",
            Self::Fit => "FIT",
            Self::Evaluate => "EVALUATE",
            Self::Store => "STORE",
        }
    }
}

/// A job's progress at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The step the job is in.
    pub phase: WorkPhase,
    /// Share of the whole job that is done, 0 to 1, never falling within an attempt.
    pub fraction: f64,
    /// Steps done within the phase (trees, folds, rows: what `message` says).
    pub steps_done: u64,
    /// Steps of the phase, 0 when unknown.
    pub steps_total: u64,
    /// A line for people, e.g. `fold 2 of 5: tree 40 of 100`.
    pub message: String,
}
