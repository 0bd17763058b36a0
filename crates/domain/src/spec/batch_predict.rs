//! A job that says what a model version foresees of all rows of a range.

use super::Checked;
use super::evaluate::check_rows;
use super::train::MAX_ENTITIES;
use crate::{AliasId, ScoredVersion, TimeRange, TrainSpec, Violations};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything that decides what is predicted. The same spec and rows give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchPredictSpec {
    /// The version that predicts.
    pub version: ScoredVersion,
    /// The alias that the request named; it held the version then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasId>,
    /// Decision times, `[start, end)`.
    pub range: TimeRange,
    /// Only rows recorded before this instant are seen. `None`: all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// Only these entities are predicted; empty means all that are read.
    pub entities: Vec<String>,
    /// The entities that are read, which are more where features rank the entities of the training; empty means all.
    pub read_entities: Vec<String>,
    /// More rows than this are refused with the count (ROW_LIMIT_EXCEEDED); nothing is cut.
    pub max_rows: u64,
}

impl BatchPredictSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let mut found = check_rows(&self.range, self.max_rows);
        found.extend(check_entities(&self.entities));
        found.extend(self.version.check());
        found.into_result(self).map(Checked::new)
    }

    /// What is read: the rows of a training on this range.
    pub fn reading(&self) -> TrainSpec {
        let reading = self.version.reading(self.range, self.known_before, self.max_rows);
        TrainSpec {
            entities: self.read_entities.clone(),
            ..reading
        }
    }
}

/// What is wrong with the entities of a request.
fn check_entities(entities: &[String]) -> Violations {
    let mut found = Violations::new();
    let count = entities.len();
    found.require(count <= MAX_ENTITIES, "entities", || {
        format!("{count} entities; at most {MAX_ENTITIES} are taken, or none for all")
    });
    let different: BTreeSet<&String> = entities.iter().collect();
    found.require(different.len() == count, "entities", || {
        "an entity is named twice".to_owned()
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(entities: &[&str]) -> Vec<String> {
        let entities: Vec<String> = entities.iter().map(|name| (*name).to_owned()).collect();
        let found = check_entities(&entities);
        found.iter().map(|violation| violation.field.clone()).collect()
    }

    #[test]
    fn entities_are_named_once_each_and_not_too_many() {
        assert!(fields(&[]).is_empty() && fields(&["a", "b"]).is_empty());
        assert_eq!(fields(&["a", "b", "a"]), ["entities"]);
        let many: Vec<String> = (0..=MAX_ENTITIES).map(|n| n.to_string()).collect();
        assert_eq!(check_entities(&many).iter().count(), 1);
    }
}
