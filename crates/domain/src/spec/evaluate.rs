//! A job that judges a model version on a period of its own source.

use super::Checked;
use super::reproduce::{StoredFile, is_sha256};
use super::train::MAX_MAX_ROWS;
use crate::{
    Holdout, ModelId, RowCounts, SingleRule, Span, SplitSpec, TimeRange, TrainSpec, VersionFacts, Violations,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is judged on which rows. It is stored with the [spec version](super::train::SPEC_VERSION) of the training that it
/// holds: a worker that reads the one reads the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluateSpec {
    /// The version that is judged.
    pub version: ScoredVersion,
    /// Decision times, `[start, end)`.
    pub range: TimeRange,
    /// Only rows recorded before this instant are seen, of the source and of its contexts. `None`: all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// More rows than this are refused with the count (ROW_LIMIT_EXCEEDED); nothing is cut.
    pub max_rows: u64,
}

/// A model version that scores rows it was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredVersion {
    /// The model.
    pub model: ModelId,
    /// From 1.
    pub version: i32,
    /// What it was trained by, as it is stored: rows are read, labelled and described by the same.
    pub train: TrainSpec,
    /// What it was trained on.
    pub trained: TrainedRows,
    /// The model file.
    pub file: StoredFile,
    /// What the last fold of its training chose as the best single feature; `None` where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_rule: Option<SingleRule>,
}

/// The rows that a version was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedRows {
    /// First and last decision time; here the end is included.
    pub decisions: TimeRange,
    /// When the last label was known.
    pub latest_resolve: DateTime<Utc>,
    /// The embargo of its tests, which a period keeps as well.
    pub embargo: Span,
    /// Positive rows.
    pub positives: u64,
    /// Negative rows.
    pub negatives: u64,
}

/// How a period lies to the rows that a version was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodPlace {
    /// After them: as in life.
    After,
    /// Before them: new rows, of a time whose future the model knows.
    Before,
    /// They touch.
    Overlaps,
}

impl EvaluateSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it. The fields are those of the
    /// request; what is wrong with the training has the fields of a training's spec.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let mut found = check_rows(&self.range, self.max_rows);
        found.extend(self.version.check());
        found.into_result(self).map(Checked::new)
    }

    /// The rows that are read: those of the training's spec, of another time, of all its entities.
    pub fn reading(&self) -> TrainSpec {
        self.version.reading(self.range, self.known_before, self.max_rows)
    }
}

/// What is wrong with the rows of a request to judge.
pub(in crate::spec) fn check_rows(range: &TimeRange, max_rows: u64) -> Violations {
    let mut found = range.check("range");
    found.require((1..=MAX_MAX_ROWS).contains(&max_rows), "max_rows", || {
        format!("{max_rows} rows; give 1 to {MAX_MAX_ROWS}")
    });
    found
}

impl ScoredVersion {
    /// The rows of another time that the version can score, read as its training read.
    pub fn reading(&self, range: TimeRange, known_before: Option<DateTime<Utc>>, max_rows: u64) -> TrainSpec {
        TrainSpec {
            range,
            known_before,
            max_rows,
            split: untimed(&self.train.split),
            unseen_entity_share: None, // the kept model was fitted on all of them
            ..self.train.clone()
        }
    }

    /// Why a period that touches the rows of the training is refused, with the way out.
    pub fn overlap(&self, period: &TimeRange) -> String {
        let trained = &self.trained;
        let text = |at: DateTime<Utc>| at.to_rfc3339();
        let embargo = match trained.embargo.is_zero() {
            true => String::new(),
            false => format!(" (embargo {})", trained.embargo),
        };
        format!(
            "{self} was trained on rows from {} to {}, whose labels were known by {}{embargo}; the period from {} to {} touches them: \
             let it start at {} or later, or end by {}",
            text(trained.decisions.start),
            text(trained.decisions.end),
            text(trained.latest_resolve),
            text(period.start),
            text(period.end),
            text(trained.first_start_after()),
            text(trained.last_end_before()),
        )
    }

    pub(in crate::spec) fn check(&self) -> Violations {
        let mut found = self.train.violations();
        found.require(is_sha256(&self.file.sha256), "version.file.sha256", || {
            "must be 64 hex digits in lower case".to_owned()
        });
        found
    }
}

/// `pump version 3`, as people call it.
impl fmt::Display for ScoredVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} version {}", self.model, self.version)
    }
}

/// The split for another range, in which the time that a holdout begins at does not lie: the winner of a study has one.
fn untimed(split: &SplitSpec) -> SplitSpec {
    match split {
        SplitSpec::Holdout(holdout) if holdout.test_start.is_some() => SplitSpec::Holdout(Holdout {
            test_start: None,
            ..holdout.clone()
        }),
        split => split.clone(),
    }
}

impl TrainedRows {
    /// What a version was trained on, by its facts and the embargo of its split.
    pub fn of(facts: &VersionFacts, embargo: Span) -> Self {
        let RowCounts {
            positives, negatives, ..
        } = facts.rows;
        Self {
            decisions: facts.decision_range,
            latest_resolve: facts.latest_resolve_time,
            embargo,
            positives,
            negatives,
        }
    }

    /// The first start of a period after the training: a row decided then is one that walk-forward would test. Training rows are
    /// those with resolve time < first decision of the test - embargo, in whole microseconds.
    pub fn first_start_after(&self) -> DateTime<Utc> {
        self.latest_resolve + embargo(self.embargo) + TimeDelta::microseconds(1)
    }

    /// The last end of a period before the training: nothing at or after the end of a period is read, so that its labels resolve
    /// before it, and training rows are decided later than that and the embargo.
    pub fn last_end_before(&self) -> DateTime<Utc> {
        self.decisions.start - embargo(self.embargo)
    }

    /// How a period lies to them.
    pub fn place(&self, period: &TimeRange) -> PeriodPlace {
        if period.start >= self.first_start_after() {
            PeriodPlace::After
        } else if period.end <= self.last_end_before() {
            PeriodPlace::Before
        } else {
            PeriodPlace::Overlaps
        }
    }

    /// Share of positives: what is said of a row of which nothing is known. NaN without rows.
    pub fn prevalence(&self) -> f64 {
        self.positives as f64 / (self.positives + self.negatives) as f64
    }
}

/// An embargo that no calendar holds is longer than any time, and as good as the longest that fits.
fn embargo(span: Span) -> TimeDelta {
    const CENTURIES: i64 = 20 * 36_525 * 86_400_000_000;
    TimeDelta::microseconds(span.micros().min(CENTURIES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AlgorithmSpec, Calibration, ChangeAtHorizon, Direction, FeatureSpec, LabelSpec,
        LogisticRegressionSpec, SampleWeight, ThresholdSpec,
    };

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(1_000_000 + micros).unwrap()
    }

    fn range(start: i64, end: i64) -> TimeRange {
        let (start, end) = (at(start), at(end));
        TimeRange { start, end }
    }

    fn trained(embargo: i64) -> TrainedRows {
        TrainedRows {
            decisions: range(100, 200),
            latest_resolve: at(230),
            embargo: Span::from_micros(embargo).unwrap(),
            positives: 1,
            negatives: 3,
        }
    }

    #[test]
    fn a_version_whose_holdout_began_at_a_time_reads_other_ranges() {
        let train = TrainSpec {
            model: "tuned".parse().unwrap(),
            source: "bars".parse().unwrap(),
            range: range(0, 300),
            known_before: None,
            label: LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
                column: None,
                change: 0.01,
                direction: Direction::Up,
                horizon: Span::from_mins(10),
                tolerance: None,
            }),
            features: FeatureSpec::default(),
            algorithm: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
            split: SplitSpec::Holdout(Holdout {
                test_share: 0.2,
                embargo: Span::from_mins(1),
                test_start: Some(at(200)),
            }),
            unseen_entity_share: None,
            sample_weight: SampleWeight::None,
            calibration: Calibration::None,
            threshold: ThresholdSpec::MaxF1,
            seed: 1,
            entities: Vec::new(),
            phases: Vec::new(),
            max_rows: 1000,
        };
        assert!(train.violations().is_empty(), "{:?}", train.violations());
        let version = ScoredVersion {
            model: train.model.clone(),
            version: 1,
            train,
            trained: trained(0),
            file: StoredFile {
                key: "k".to_owned(),
                sha256: "a".repeat(64),
                size_bytes: 1,
            },
            single_rule: None,
        };
        let reading = version.reading(range(400, 500), None, 1000);
        assert!(reading.violations().is_empty(), "{:?}", reading.violations());
        assert_eq!(reading.split.embargo(), Span::from_mins(1));
    }

    /// With t the decision and r the resolve time of a row and e the embargo: training keeps a row for a later test iff r < T0 - e,
    /// and for an earlier one iff t > T1 + e, T0 being the first decision of the test and T1 its latest resolve time, which lies
    /// before the end of the period.
    #[test]
    fn a_period_touches_the_training_exactly_where_a_purge_would_drop_rows() {
        for (embargo, start, end, place) in [
            (0, 231, 300, PeriodPlace::After),
            (0, 230, 300, PeriodPlace::Overlaps),
            (0, 201, 300, PeriodPlace::Overlaps),
            (0, 120, 130, PeriodPlace::Overlaps),
            (0, 0, 500, PeriodPlace::Overlaps),
            (0, 0, 101, PeriodPlace::Overlaps),
            (0, 0, 100, PeriodPlace::Before),
            (7, 238, 300, PeriodPlace::After),
            (7, 237, 300, PeriodPlace::Overlaps),
            (7, 0, 94, PeriodPlace::Overlaps),
            (7, 0, 93, PeriodPlace::Before),
        ] {
            let found = trained(embargo).place(&range(start, end));
            assert_eq!(found, place, "[{start}, {end}) with an embargo of {embargo}");
        }
        assert_eq!(trained(7).first_start_after(), at(238));
        assert_eq!(trained(7).last_end_before(), at(93));
        assert_eq!(trained(0).prevalence(), 0.25);
    }

    #[test]
    fn an_endless_embargo_leaves_no_period() {
        let endless = trained(i64::MAX);
        assert_eq!(endless.place(&range(1_000_000, 2_000_000)), PeriodPlace::Overlaps);
    }
}
