//! A training job, whole.

use super::Checked;
use crate::{
    AlgorithmSpec, Calibration, ClassWeight, FeatureSpec, Holdout, LabelSpec, ModelId, SampleWeight,
    SourceId, SplitSpec, Task, ThresholdSpec, TimeRange, Violations, hex,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Everything that decides what a training job does. The same spec, rows and seed give the same model bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainSpec {
    /// The model that gets a new version; made when it does not exist.
    pub model: ModelId,
    /// The source of rows.
    pub source: SourceId,
    /// Decision times, `[start, end)`.
    pub range: TimeRange,
    /// Only rows recorded before this instant are seen, of the source and of its contexts. `None`: all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// What is to be foreseen.
    pub label: LabelSpec,
    /// What the model may look at.
    pub features: FeatureSpec,
    /// The learner.
    pub algorithm: AlgorithmSpec,
    /// Training and test.
    pub split: SplitSpec,
    /// Share of the entities, chosen by a hash of their names, that no fold trains on and each tests apart; above 0, at most
    /// 0.5. `None`: none is held out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen_entity_share: Option<f64>,
    /// What a training row counts.
    #[serde(default, skip_serializing_if = "SampleWeight::is_none")]
    pub sample_weight: SampleWeight,
    /// How scores become probabilities.
    #[serde(default, skip_serializing_if = "Calibration::is_none")]
    pub calibration: Calibration,
    /// From which probability on the model says yes; `None` of its kinds exactly when the label is a number.
    pub threshold: ThresholdSpec,
    /// Seed of everything random.
    pub seed: u64,
    /// Only these entities; empty means all.
    pub entities: Vec<String>,
    /// Only rows decided in these phases; empty means all.
    pub phases: Vec<i32>,
    /// More rows than this are refused with the count (ROW_LIMIT_EXCEEDED); nothing is cut.
    pub max_rows: u64,
}

/// The row limit of a request that names none.
pub const DEFAULT_MAX_ROWS: u64 = 5_000_000;
/// The highest row limit that a request may name.
pub const MAX_MAX_ROWS: u64 = 100_000_000;
/// A request names at most this many entities.
pub const MAX_ENTITIES: usize = 10_000;
/// No larger share of the entities can be held out.
const MAX_UNSEEN_SHARE: f64 = 0.5;
/// The form in which specs are stored now. 2 added kinds of labels and splits and held-out entities, 3 weights of rows,
/// `known_before`, ranks and contexts, 4 calibration and thresholds by utility and by day, which a worker of before would not
/// understand, or not heed; 5 numbers as labels, and their learners; 6 a holdout from
/// a time on; 7 comparisons of numbers, and versions of studies that read other ranges.
pub const SPEC_VERSION: i32 = 7;

impl TrainSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it (fields below `spec.`).
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let found = self.violations();
        found.into_result(self).map(Checked::new)
    }

    /// Everything that is wrong with it, fields named below `spec.`.
    pub fn violations(&self) -> Violations {
        let mut found = Violations::new();
        found.extend(self.range.check("spec.range"));
        found.extend(self.label.check("spec.label"));
        found.extend(self.features.check("spec.features"));
        found.extend(self.algorithm.check("spec.algorithm"));
        found.extend(self.split.check("spec.split"));
        found.extend(self.check_test_start());
        let share = self.unseen_entity_share;
        found.require(
            share.is_none_or(|share| share > 0.0 && share <= MAX_UNSEEN_SHARE),
            "spec.split.unseen_entity_share",
            || {
                let share = share.unwrap_or_default();
                format!(
                    "{share} must be above 0 and at most {MAX_UNSEEN_SHARE}; leave it out to hold out none"
                )
            },
        );
        found.extend(self.check_task());
        found.extend(self.threshold.check("spec.threshold"));
        let (per_day, combined) = (
            matches!(self.threshold, ThresholdSpec::TopPerDay(_)),
            matches!(self.split, SplitSpec::CombinatorialPurged(_)),
        );
        found.require(!(per_day && combined), "spec.threshold.top_per_day", || {
            "a combinatorial split tests each day several times, so that no rows of a day can be counted; take walk_forward or \
             holdout, or another threshold"
                .to_owned()
        });
        found.require(
            (1..=MAX_MAX_ROWS).contains(&self.max_rows),
            "spec.max_rows",
            || format!("{} rows; give 1 to {MAX_MAX_ROWS}", self.max_rows),
        );
        found.require(self.entities.len() <= MAX_ENTITIES, "spec.entities", || {
            format!(
                "{} entities; at most {MAX_ENTITIES} are taken, or none for all",
                self.entities.len()
            )
        });
        found.require(all_differ(&self.entities), "spec.entities", || {
            "an entity is named twice".to_owned()
        });
        found.require(self.phases.len() <= 1000, "spec.phases", || {
            "at most 1000 phases are taken".to_owned()
        });
        found.require(all_differ(&self.phases), "spec.phases", || {
            "a phase is named twice".to_owned()
        });
        found
    }

    /// A time from which on is tested lies where there is something to train on and something to test.
    fn check_test_start(&self) -> Violations {
        let mut found = Violations::new();
        let SplitSpec::Holdout(Holdout {
            test_start: Some(start),
            ..
        }) = self.split
        else {
            return found;
        };
        let inside = self.range.start < start && start < self.range.end;
        found.require(inside, "spec.split.holdout.test_start_time", || {
            "must lie within the range: before it is trained, after it is tested".to_owned()
        });
        let known = start.timestamp_micros() < self.range.known_end_micros(self.known_before);
        found.require(!inside || known, "spec.known_before", || {
            format!("what is tested begins at {start}, and all of it was recorded later; take a later time")
        });
        found
    }

    /// What does not go with the kind of thing that the label is.
    fn check_task(&self) -> Violations {
        let mut found = Violations::new();
        let (task, algorithm) = (self.label.task(), &self.algorithm);
        found.require(algorithm.tasks().contains(&task), "spec.algorithm", || {
            let able = AlgorithmSpec::able(task).join(", ");
            let thing = match task {
                Task::Binary => "a class",
                Task::Regression => "a number",
            };
            format!("{} does not foresee {thing}; these do: {able}", algorithm.name())
        });
        if task == Task::Binary {
            found.require(self.threshold != ThresholdSpec::None, "spec.threshold", || {
                "a class is foreseen: say from which probability on the answer is yes".to_owned()
            });
            return found;
        }
        found.require(self.threshold == ThresholdSpec::None, "spec.threshold", || {
            format!(
                "{} is a number, to which nobody says yes or no; leave the threshold out, or foresee whether a change is \
                 reached with change_at_horizon",
                self.label.name()
            )
        });
        found.require(self.calibration.is_none(), "spec.calibration", || {
            "only probabilities are calibrated, and a number is foreseen; leave it out".to_owned()
        });
        let weighs = algorithm.class_weight() != ClassWeight::None;
        let field = format!("spec.algorithm.{}.class_weight", algorithm.name());
        found.require(!weighs, &field, || {
            "a number has no classes to weigh; leave it out".to_owned()
        });
        found
    }

    /// Hex SHA-256 over the canonical JSON of the spec.
    pub fn hash(&self) -> String {
        let json = serde_json::to_vec(self)
            .expect("a spec holds only strings, numbers and lists, which JSON can write");
        hex(&Sha256::digest(&json))
    }
}

fn all_differ<T: Ord>(items: &[T]) -> bool {
    let mut sorted: Vec<&T> = items.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}
