//! An evaluation by parts of its rows: where a model is good, and where it is not.

use crate::Metrics;
use serde::{Deserialize, Serialize};

/// What rows are parted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceKind {
    /// The entity.
    Entity,
    /// The phase that the row was decided in.
    Phase,
    /// The day (UTC) that it was decided on.
    Day,
    /// The hour of the day (UTC) that it was decided in.
    HourOfDay,
}

/// All out-of-fold scores parted in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slices {
    /// In which.
    pub kind: SliceKind,
    /// The parts: of entities those with the most rows, the most first; others in order of their value.
    pub slices: Vec<Slice>,
    /// Parts that are not listed, because there are too many.
    pub other_values: u64,
    /// Their rows.
    pub other_rows: u64,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// The entity, the phase, the day as 2026-01-31, or the hour from 00 to 23; empty for rows without a phase.
    pub value: String,
    /// Metrics of its rows, each at its own fold's threshold.
    pub metrics: Metrics,
}

/// What a feature is worth to the models of the folds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrop {
    /// Mean over the folds of what ROC AUC (of numbers R2) on the test rows falls by when the feature is shuffled among them.
    pub mean: f64,
    /// Its standard deviation over the folds (n - 1); `None` with one fold.
    pub deviation: Option<f64>,
}
