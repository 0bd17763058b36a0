//! What a job is and the states that it goes through.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a job does. Stored as its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobKind {
    /// Trains a model version.
    Train,
    /// Trains again what another job has trained, and says whether the same came of it.
    Reproduce,
    /// Judges a model version on a period.
    Evaluate,
    /// Compares model versions on the same rows.
    Compare,
    /// Walks forward through time, training again and again.
    Backtest,
    /// Say what a model version foresees of all rows of a range.
    BatchPredict,
    /// Looks for the parameters of a learner, and trains a model version with the best.
    Tune,
    /// Tries some parameters for a study.
    Trial,
    /// Does what a test of the service asks for.
    Probe,
}

/// The stored state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    /// Waits for a worker (or for its `run_at`).
    Queued,
    /// A worker holds its lease.
    Running,
    /// Done; its result is committed. Never changes again.
    Succeeded,
    /// Ended by its own fault; only an operator's retry runs it again.
    Failed,
    /// Ended by a request.
    Cancelled,
    /// Ended because a budget of retries is used up.
    Dead,
}

/// The state as people see it: the stored one, refined by what the row says besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisplayState {
    /// QUEUED, due now, never claimed.
    Queued,
    /// QUEUED with `run_at` ahead, never claimed.
    Scheduled,
    /// QUEUED again after an attempt.
    Retrying,
    /// QUEUED until other jobs, which it has made, have ended.
    Waiting,
    /// RUNNING.
    Running,
    /// RUNNING with a cancel requested.
    Cancelling,
    /// SUCCEEDED.
    Succeeded,
    /// FAILED.
    Failed,
    /// CANCELLED.
    Cancelled,
    /// DEAD.
    Dead,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [JobKind; 9] = [
        Self::Train,
        Self::Reproduce,
        Self::Evaluate,
        Self::Compare,
        Self::Backtest,
        Self::BatchPredict,
        Self::Tune,
        Self::Trial,
        Self::Probe,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "TRAIN",
            Self::Reproduce => "REPRODUCE",
            Self::Evaluate => "EVALUATE",
            Self::Compare => "COMPARE",
            Self::Backtest => "BACKTEST",
            Self::BatchPredict => "BATCH_PREDICT",
            Self::Tune => "TUNE",
            Self::Trial => "TRIAL",
            Self::Probe => "PROBE",
        }
    }

    /// The kind of a stored word, `None` for a word of another version.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl JobState {
    /// Every state.
    pub const ALL: [JobState; 6] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
        Self::Dead,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Dead => "DEAD",
        }
    }

    /// The state of a stored word, `None` for a word of another version.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// True for a state that ends a job (an operator's retry aside).
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }

    /// The state as people see it. `scheduled`: `run_at` lies ahead by the database's clock.
    pub fn display(self, attempts: i64, scheduled: bool, cancel_requested: bool) -> DisplayState {
        match self {
            Self::Queued if attempts > 0 => DisplayState::Retrying,
            Self::Queued if scheduled => DisplayState::Scheduled,
            Self::Queued => DisplayState::Queued,
            Self::Running if cancel_requested => DisplayState::Cancelling,
            Self::Running => DisplayState::Running,
            Self::Succeeded => DisplayState::Succeeded,
            Self::Failed => DisplayState::Failed,
            Self::Cancelled => DisplayState::Cancelled,
            Self::Dead => DisplayState::Dead,
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How soon a job is claimed among those of its project: 0 first, 4 last, 2 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(i16);

impl Priority {
    /// The priority of a request that names none.
    pub const DEFAULT: Priority = Priority(2);

    /// `None` outside 0..=4.
    pub fn new(value: i32) -> Option<Self> {
        i16::try_from(value)
            .ok()
            .filter(|v| (0..=4).contains(v))
            .map(Self)
    }

    /// 0 (first) to 4 (last).
    pub fn value(self) -> i16 {
        self.0
    }
}
