//! What a job that predicted a range has found; the predictions themselves are its file.

use crate::{ModelId, SourceId, TimeRange};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An account of the predictions of a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionSet {
    /// The model.
    pub model: ModelId,
    /// The version that predicted.
    pub version: i32,
    /// Hex SHA-256 of its model file.
    pub model_sha256: String,
    /// The source of the rows.
    pub source: SourceId,
    /// Decision times that were asked for.
    pub range: TimeRange,
    /// Only rows recorded before were seen; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// Hex SHA-256 over the canonical bytes of all rows read.
    pub source_fingerprint: String,
    /// The score from which on the version says yes; `None` where it has none, and where a number is foreseen.
    pub threshold: Option<f64>,
    /// Where the rows went.
    pub rows: PredictedRows,
    /// First and last decision time of the rows of the file; here the end is included.
    pub decisions: TimeRange,
    /// Entities that were asked for by name and have no row in the range, in the order of the request: misspelt, or without rows then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent_entities: Vec<String>,
}

/// Where the rows of a range went. Every row of the file is in exactly one of the counts `scored`, `warm_up` and `other_phase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PredictedRows {
    /// Rows of the file: those in the range, of the entities that were asked for.
    pub rows: u64,
    /// Entities with such a row.
    pub entities: u64,
    /// Of the rows those with a score.
    pub scored: u64,
    /// Those without one because no feature has a value.
    pub warm_up: u64,
    /// Those without one because the training left their phase out.
    pub other_phase: u64,
    /// Of the scored rows those at or above the threshold; `None` without a threshold.
    pub positives: Option<u64>,
    /// Rows that were read only as history of features, or to rank entities that were asked for.
    pub beside: u64,
}
