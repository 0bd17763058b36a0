//! A job that compares model versions on the very same rows.

use super::Checked;
use super::evaluate::check_rows;
use crate::{Reason, ScoredVersion, Task, TimeRange, TrainSpec, Violations};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// No more versions are compared at once: of ten there are 45 pairs.
pub const MOST_VERSIONS: usize = 10;

/// What is compared on which rows. It is stored with the [spec version](super::train::SPEC_VERSION) of the trainings that it
/// holds: a worker that reads the one reads the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareSpec {
    /// The versions, 2 to [`MOST_VERSIONS`], of one source and one label.
    pub versions: Vec<ScoredVersion>,
    /// Decision times, `[start, end)`.
    pub range: TimeRange,
    /// Only rows recorded before this instant are seen, of the source and of its contexts. `None`: all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// More rows than this, for one version, are refused with the count (ROW_LIMIT_EXCEEDED); nothing is cut.
    pub max_rows: u64,
    /// Seed of the draws.
    pub seed: u64,
}

/// In what two versions differ that must be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotComparable {
    /// Place of the one.
    pub first: usize,
    /// Place of the other, later.
    pub second: usize,
    /// What differs, with both values.
    pub difference: String,
}

impl CompareSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it. The fields are those of the
    /// request; what is wrong with the trainings has the fields of a training's spec.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let mut found = check_rows(&self.range, self.max_rows);
        let count = self.versions.len();
        found.require((2..=MOST_VERSIONS).contains(&count), "model_versions", || {
            format!("{count} versions; give 2 to {MOST_VERSIONS}")
        });
        for (place, version) in self.versions.iter().enumerate() {
            let named =
                |other: &ScoredVersion| (&other.model, other.version) == (&version.model, version.version);
            found.require(
                !self.versions[..place].iter().any(named),
                &format!("model_versions[{place}]"),
                || format!("{version} is named twice"),
            );
            found.extend(version.check());
        }
        if let Some(different) = self.not_comparable() {
            found.add(
                "model_versions",
                Reason::ModelsNotComparable,
                self.told(&different),
            );
        }
        found.into_result(self).map(Checked::new)
    }

    /// What all versions foresee: those of one label are of one task.
    pub fn task(&self) -> Task {
        self.versions
            .first()
            .map_or(Task::Binary, |version| version.train.label.task())
    }

    /// The first two versions that have not the same source or label.
    pub fn not_comparable(&self) -> Option<NotComparable> {
        let first = self.versions.first()?;
        let with = |(second, version): (usize, &ScoredVersion)| {
            let difference = difference(&first.train, &version.train)?;
            Some(NotComparable {
                first: 0,
                second,
                difference,
            })
        };
        self.versions.iter().enumerate().skip(1).find_map(with)
    }

    /// It in a sentence.
    pub fn told(&self, different: &NotComparable) -> String {
        let (one, other) = (&self.versions[different.first], &self.versions[different.second]);
        format!(
            "{one} and {other} cannot be compared: {}; only versions of one source and one label can",
            different.difference
        )
    }

    /// The rows that a version reads.
    pub fn reading(&self, version: &ScoredVersion) -> TrainSpec {
        version.reading(self.range, self.known_before, self.max_rows)
    }
}

fn difference(one: &TrainSpec, other: &TrainSpec) -> Option<String> {
    if one.source != other.source {
        return Some(format!(
            "the one learned from the source {}, the other from {}",
            one.source.as_str(),
            other.source.as_str()
        ));
    }
    if one.label != other.label {
        let text = |spec: &TrainSpec| serde_json::to_string(&spec.label).unwrap_or_default();
        return Some(format!(
            "the label of the one is {}, that of the other {}",
            text(one),
            text(other)
        ));
    }
    None
}
