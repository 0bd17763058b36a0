//! What is kept about a model version.

use crate::TimeRange;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where the rows of a training job went. Every row read is in exactly one of the counts below `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows read from the source, warm-up included.
    pub read: u64,
    /// Rows before the range, read only as history of features.
    pub warm_up: u64,
    /// Rows in the range whose label is known and positive.
    pub positives: u64,
    /// Rows in the range whose label is known and negative.
    pub negatives: u64,
    /// Rows in the range whose label is a known number, where numbers are foreseen.
    #[serde(default, skip_serializing_if = "none")]
    pub numbers: u64,
    /// Rows in the range whose label cannot be known; dropped, never counted as negative.
    pub unknown: u64,
    /// Rows in the range of entities or phases that the spec leaves out.
    pub filtered: u64,
}

impl RowCounts {
    /// The counts of both, for rows that were counted apart.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            warm_up: self.warm_up + other.warm_up,
            positives: self.positives + other.positives,
            negatives: self.negatives + other.negatives,
            numbers: self.numbers + other.numbers,
            unknown: self.unknown + other.unknown,
            filtered: self.filtered + other.filtered,
        }
    }

    /// Rows with a known label.
    pub fn labelled(&self) -> u64 {
        self.positives + self.negatives + self.numbers
    }
}

fn none(count: &u64) -> bool {
    *count == 0
}

/// What was trained on what: enough to make the version again and to know that it is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionFacts {
    /// Hex SHA-256 over the canonical bytes of all rows read, in order.
    pub source_fingerprint: String,
    /// Hex SHA-256 over the checked spec.
    pub spec_hash: String,
    /// The features in the order of the model's columns.
    pub feature_names: Vec<String>,
    /// Where the rows went.
    pub rows: RowCounts,
    /// First and last decision time of the labelled rows.
    pub decision_range: TimeRange,
    /// Latest time at which a training label was resolved.
    pub latest_resolve_time: DateTime<Utc>,
    /// Entities with at least one labelled row.
    pub entities: u64,
    /// Probability at or above which the model says yes; `None` when none could be chosen.
    pub threshold: Option<f64>,
    /// Hex SHA-256 of the model file.
    pub model_sha256: String,
    /// Version of the service that trained it.
    pub service_version: String,
    /// The commit that its binary was built from, as `--version` says it; empty of versions that an older service trained. Not in the model
    /// file: two builds of one version make the same bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub git_hash: String,
}
