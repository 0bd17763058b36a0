//! What a job that trained again has found.

use serde::{Deserialize, Serialize};

/// So many of the days that differ are named; all are counted.
pub const MOST_DAYS_NAMED: usize = 100;

/// What came of a training that was done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reproduction {
    /// Whether the same came of it, and if not, why.
    pub verdict: ReproductionVerdict,
    /// Hex SHA-256 of the model file; `now` is unset when no model came of it.
    pub model_sha256: ThenAndNow<Option<String>>,
    /// Hex SHA-256 over the rows read.
    pub source_fingerprint: ThenAndNow<String>,
    /// Version of the service that trained.
    pub service_version: ThenAndNow<String>,
    /// Hex SHA-256 over the spec as the service wrote it.
    pub spec_hash: ThenAndNow<String>,
    /// Which days differ; `None` when the rows are equal, or when it is not known which days the training read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<DifferingDays>,
    /// Why no model came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A thing of the first training, and the same of the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThenAndNow<T> {
    /// Of the training that is reproduced.
    pub then: T,
    /// Of the one that was done again.
    pub now: T,
}

/// Whether the same came of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReproductionVerdict {
    /// The model file is the same, byte for byte.
    Equal,
    /// Other rows were read. Perhaps the service is another one as well.
    SourceChanged,
    /// The rows are the same; the version of the service, or how it writes the spec, is not.
    ServiceChanged,
    /// Rows and version are the same, and yet the model is not.
    Unexplained,
}

/// The days of entities whose rows differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingDays {
    /// Days that had no rows then.
    pub added: u64,
    /// Days that have no rows now.
    pub removed: u64,
    /// Days that have other rows.
    pub changed: u64,
    /// The first [`MOST_DAYS_NAMED`] of them: the source's before those of its contexts, by entity and day.
    pub first: Vec<DifferingDay>,
}

/// A day of an entity whose rows differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingDay {
    /// The context whose rows they are; `None` for the source's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// The entity.
    pub entity: String,
    /// The day in UTC, e.g. `2026-01-01`; `None` for all days of the entity, where only these are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// How many rows it had, and has; `None` for none.
    pub rows: ThenAndNow<Option<u64>>,
}

/// In which way a day differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayChange {
    /// It had no rows then.
    Added,
    /// It has no rows now.
    Removed,
    /// It has other rows.
    Changed,
}

impl DifferingDay {
    /// In which way it differs.
    pub fn change(&self) -> DayChange {
        self.rows.change()
    }
}

impl ThenAndNow<Option<u64>> {
    /// In which way a day with so many rows then and now differs, if it does.
    pub fn change(&self) -> DayChange {
        match (self.then, self.now) {
            (None, _) => DayChange::Added,
            (_, None) => DayChange::Removed,
            _ => DayChange::Changed,
        }
    }
}

impl Reproduction {
    /// The verdict on these numbers; `service` are its version and its hash of the spec.
    pub fn judge(
        model_sha256: &ThenAndNow<Option<String>>,
        source_fingerprint: &ThenAndNow<String>,
        service: [&ThenAndNow<String>; 2],
    ) -> ReproductionVerdict {
        if model_sha256.is_same() {
            ReproductionVerdict::Equal
        } else if !source_fingerprint.is_same() {
            ReproductionVerdict::SourceChanged
        } else if !service.iter().all(|both| both.is_same()) {
            ReproductionVerdict::ServiceChanged
        } else {
            ReproductionVerdict::Unexplained
        }
    }
}

impl<T: PartialEq> ThenAndNow<T> {
    /// Whether nothing has changed.
    pub fn is_same(&self) -> bool {
        self.then == self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(then: &str, now: &str) -> ThenAndNow<String> {
        ThenAndNow {
            then: then.to_owned(),
            now: now.to_owned(),
        }
    }

    #[test]
    fn the_verdict_names_the_first_cause_that_differs() {
        let judge = |model: (&str, Option<&str>), rows: &str, version: &str, spec: &str| {
            let model = ThenAndNow {
                then: Some(model.0.to_owned()),
                now: model.1.map(str::to_owned),
            };
            let service = [&both("1", version), &both("s", spec)];
            Reproduction::judge(&model, &both("r", rows), service)
        };
        let (same, other) = (("m", Some("m")), ("m", Some("n")));
        assert_eq!(judge(same, "r", "1", "s"), ReproductionVerdict::Equal);
        assert_eq!(judge(other, "q", "2", "s"), ReproductionVerdict::SourceChanged);
        assert_eq!(
            judge(("m", None), "q", "1", "s"),
            ReproductionVerdict::SourceChanged
        );
        assert_eq!(judge(other, "r", "2", "s"), ReproductionVerdict::ServiceChanged);
        assert_eq!(judge(other, "r", "1", "t"), ReproductionVerdict::ServiceChanged);
        assert_eq!(judge(other, "r", "1", "s"), ReproductionVerdict::Unexplained);
    }
}
