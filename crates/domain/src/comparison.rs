//! What comes of comparing model versions on the very same rows.

use crate::{Interval, Metrics, ModelId, RowCounts, ScoreIntervals, SourceId, Span, Task, TimeRange};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The level below which a corrected p-value tells two versions apart.
pub const LEVEL: f64 = 0.05;

/// What versions are compared by: four metrics where classes are foreseen, four others where numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedMetric {
    /// Area under the ROC curve: the order of the scores.
    RocAuc,
    /// Average precision: the order of the highest scores.
    AveragePrecision,
    /// Log loss: the scores as probabilities.
    LogLoss,
    /// Brier score: the same, less hard on the sure ones.
    Brier,
    /// Root of the mean squared error of numbers: the large errors.
    Rmse,
    /// Mean absolute error of numbers: the usual errors.
    Mae,
    /// R2: the squared error beside that of the rows' own mean.
    R2,
    /// Spearman's rank correlation: the order of the numbers.
    Spearman,
}

impl ComparedMetric {
    /// Every metric of classes, in the order in which they are told.
    pub const OF_CLASSES: [ComparedMetric; 4] =
        [Self::RocAuc, Self::AveragePrecision, Self::LogLoss, Self::Brier];
    /// The same of numbers.
    pub const OF_NUMBERS: [ComparedMetric; 4] = [Self::Rmse, Self::Mae, Self::R2, Self::Spearman];

    /// Every metric of a task, in the order in which they are told.
    pub fn of_task(task: Task) -> [ComparedMetric; 4] {
        match task {
            Task::Binary => Self::OF_CLASSES,
            Task::Regression => Self::OF_NUMBERS,
        }
    }

    /// Its place in that order.
    pub fn place(self) -> usize {
        match self {
            Self::RocAuc | Self::Rmse => 0,
            Self::AveragePrecision | Self::Mae => 1,
            Self::LogLoss | Self::R2 => 2,
            Self::Brier | Self::Spearman => 3,
        }
    }

    /// Whether more is better.
    pub fn is_higher_better(self) -> bool {
        match self {
            Self::RocAuc | Self::AveragePrecision | Self::R2 | Self::Spearman => true,
            Self::LogLoss | Self::Brier | Self::Rmse | Self::Mae => false,
        }
    }

    /// The metric among others.
    pub fn of(self, metrics: &Metrics) -> Option<f64> {
        let number = metrics.regression.unwrap_or_default();
        match self {
            Self::RocAuc => metrics.roc_auc,
            Self::AveragePrecision => metrics.average_precision,
            Self::LogLoss => metrics.log_loss,
            Self::Brier => metrics.brier,
            Self::Rmse => number.rmse,
            Self::Mae => number.mae,
            Self::R2 => number.r2,
            Self::Spearman => number.spearman,
        }
    }
}

/// Versions beside each other on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionComparison {
    /// The source of all of them.
    pub source: SourceId,
    /// Decision times that were asked for, `[start, end)`.
    pub range: TimeRange,
    /// Only rows recorded before were seen; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// The versions, in the order of the request.
    pub versions: Vec<ComparedVersion>,
    /// Rows that all of them can score.
    pub rows: u64,
    /// Of them positive; 0 where numbers are foreseen.
    pub positives: u64,
    /// First and last decision time of these rows; here the end is included.
    pub decisions: TimeRange,
    /// Length of a block of time.
    pub block: Span,
    /// Blocks that the rows fill.
    pub blocks: u64,
    /// How often blocks were drawn.
    pub resamples: u32,
    /// Each pair of versions in each metric.
    pub differences: Vec<VersionDifference>,
    /// What follows, metric by metric.
    pub answers: Vec<MetricAnswer>,
    /// What follows from all of them.
    pub overall: Answer,
}

/// A version among others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedVersion {
    /// The model.
    pub model: ModelId,
    /// The version.
    pub version: i32,
    /// Where the rows went that it alone can score.
    pub own_rows: RowCounts,
    /// Hex SHA-256 over all rows read for it.
    pub source_fingerprint: String,
    /// Its metrics on the rows that all can score, at its own threshold.
    pub metrics: Metrics,
    /// How sure they are.
    pub intervals: ScoreIntervals,
}

/// How two versions differ in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VersionDifference {
    /// Place of the one among the versions.
    pub first: usize,
    /// Place of the other, later.
    pub second: usize,
    /// In what.
    pub metric: ComparedMetric,
    /// The first less the second; `None` where one is undefined.
    pub difference: Option<f64>,
    /// How sure that is, 95 %, both on the same draws; not corrected.
    pub interval: Interval,
    /// The chance of a difference so far from 0 if there were none, two-sided; `None` where the interval is unset.
    pub p_value: Option<f64>,
    /// The same, corrected for all pairs of the metric: what the metric's answer goes by.
    pub p_value_in_metric: Option<f64>,
    /// The same, corrected for all pairs and metrics: what the overall answer goes by.
    pub p_value_overall: Option<f64>,
}

/// What follows for a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricAnswer {
    /// The metric.
    pub metric: ComparedMetric,
    /// The answer.
    pub answer: Answer,
}

/// Which version is better than each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// This one, by its place.
    Better(usize),
    /// None that could be told from each other.
    NotDistinguishable,
    /// Metrics contradict each other: one tells two versions apart one way, another the other way. Overall alone.
    Mixed,
    /// Nothing can be told: the rows fill too few blocks of time, or lack a class in too many draws.
    Unknown,
}

/// What a comparison says of one version beside another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rivalry {
    /// The least p-value, corrected for all pairs and metrics, of the metrics in which the one is ahead; `None` when it is ahead in
    /// none, or nothing can be told.
    pub p_value: Option<f64>,
    /// Whether the one can be told to be worse in some metric.
    pub is_worse: bool,
}

impl VersionComparison {
    /// What it says of one version of a model beside another; `None` when they are not both in it.
    pub fn rivalry(&self, model: &ModelId, one: i32, other: i32) -> Option<Rivalry> {
        let place = |version| {
            let mut places = self.versions.iter();
            places.position(|of| of.model == *model && of.version == version)
        };
        let (one, other) = (place(one)?, place(other)?);
        let between = || self.differences.iter().filter(|found| found.is_of(one, other));
        let ahead = between().filter(|found| found.ahead() == Some(one));
        Some(Rivalry {
            p_value: ahead
                .filter_map(|found| found.p_value_overall)
                .min_by(f64::total_cmp),
            is_worse: between().any(|found| found.better_overall() == Some(other)),
        })
    }
}

impl VersionDifference {
    /// Which of the two has the better number, told apart or not; `None` when they are equal or undefined.
    fn ahead(&self) -> Option<usize> {
        let difference = self.difference.filter(|difference| *difference != 0.0)?;
        Some(match (difference > 0.0) == self.metric.is_higher_better() {
            true => self.first,
            false => self.second,
        })
    }

    /// Which of the two is better, if this p-value tells them apart.
    fn better(&self, p_value: Option<f64>) -> Option<usize> {
        self.ahead()
            .filter(|_| p_value.is_some_and(|p_value| p_value < LEVEL))
    }

    /// Which of the two is better in the metric, if they can be told apart.
    pub fn better_in_metric(&self) -> Option<usize> {
        self.better(self.p_value_in_metric)
    }

    /// The same by the p-value that is corrected for all pairs and metrics.
    pub fn better_overall(&self) -> Option<usize> {
        self.better(self.p_value_overall)
    }
}

/// The answer of a metric, by its differences of all pairs of `versions` versions: better is who can be told from each other one.
pub fn answer_in_metric(versions: usize, differences: &[VersionDifference]) -> Answer {
    if differences.iter().all(|difference| difference.p_value.is_none()) {
        return Answer::Unknown;
    }
    let beats = |one: usize, other: usize| {
        differences
            .iter()
            .filter(|difference| difference.is_of(one, other))
            .any(|difference| difference.better_in_metric() == Some(one))
    };
    best(versions, beats).map_or(Answer::NotDistinguishable, Answer::Better)
}

/// The answer over all metrics: better is who can be told from each other one in some metric, and is worse than none in any.
pub fn answer_overall(versions: usize, differences: &[VersionDifference]) -> Answer {
    if differences.iter().all(|difference| difference.p_value.is_none()) {
        return Answer::Unknown;
    }
    let is_better_somewhere = |one: usize, other: usize| {
        differences
            .iter()
            .filter(|difference| difference.is_of(one, other))
            .any(|difference| difference.better_overall() == Some(one))
    };
    let beats = |one, other| is_better_somewhere(one, other) && !is_better_somewhere(other, one);
    if let Some(best) = best(versions, beats) {
        return Answer::Better(best);
    }
    let contradicts =
        |one: usize| (0..one).any(|other| is_better_somewhere(one, other) && is_better_somewhere(other, one));
    match (0..versions).any(contradicts) {
        true => Answer::Mixed,
        false => Answer::NotDistinguishable,
    }
}

fn best(versions: usize, beats: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let beats_all = |one: usize| (0..versions).all(|other| other == one || beats(one, other));
    (0..versions).find(|one| beats_all(*one))
}

impl VersionDifference {
    fn is_of(&self, one: usize, other: usize) -> bool {
        (self.first, self.second) == (one.min(other), one.max(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComparedMetric::{Brier, LogLoss, Mae, R2, Rmse, RocAuc, Spearman};

    fn difference(
        first: usize,
        second: usize,
        metric: ComparedMetric,
        value: f64,
        p: f64,
    ) -> VersionDifference {
        VersionDifference {
            first,
            second,
            metric,
            difference: Some(value),
            interval: Interval::Between {
                low: value,
                high: value,
            },
            p_value: Some(p),
            p_value_in_metric: Some(p),
            p_value_overall: Some(p),
        }
    }

    /// Without anything found.
    fn comparison(model: &ModelId, versions: &[i32]) -> VersionComparison {
        let range = TimeRange {
            start: DateTime::UNIX_EPOCH,
            end: DateTime::UNIX_EPOCH,
        };
        let unset = Interval::Unset(crate::IntervalUnset::TooFewBlocks);
        let versions = versions.iter().map(|version| ComparedVersion {
            model: model.clone(),
            version: *version,
            own_rows: RowCounts::default(),
            source_fingerprint: String::new(),
            metrics: Metrics::default(),
            intervals: ScoreIntervals {
                blocks: 0,
                roc_auc: unset,
                average_precision: unset,
                regression: None,
            },
        });
        VersionComparison {
            source: "bars".parse().unwrap(),
            range,
            known_before: None,
            versions: versions.collect(),
            rows: 0,
            positives: 0,
            decisions: range,
            block: Span::from_mins(1),
            blocks: 0,
            resamples: 0,
            differences: Vec::new(),
            answers: Vec::new(),
            overall: Answer::Unknown,
        }
    }

    #[test]
    fn better_is_more_of_a_rank_and_less_of_a_loss() {
        for (metric, value, better) in [
            (RocAuc, 0.1, 0),
            (RocAuc, -0.1, 1),
            (LogLoss, 0.1, 1),
            (Brier, -0.1, 0),
            (Rmse, -0.1, 0),
            (Mae, 0.1, 1),
            (R2, 0.1, 0),
            (Spearman, -0.1, 1),
        ] {
            let one = [difference(0, 1, metric, value, 0.01)];
            assert_eq!(
                answer_in_metric(2, &one),
                Answer::Better(better),
                "{metric:?} {value}"
            );
            assert_eq!(answer_overall(2, &one), Answer::Better(better));
        }
        let unsure = [difference(0, 1, RocAuc, 0.1, 0.05)];
        assert_eq!(answer_in_metric(2, &unsure), Answer::NotDistinguishable);
        let same = [difference(0, 1, RocAuc, 0.0, 0.01)];
        assert_eq!(answer_in_metric(2, &same), Answer::NotDistinguishable);
    }

    #[test]
    fn each_metric_stands_in_its_place_among_those_of_its_task() {
        for task in [Task::Binary, Task::Regression] {
            for (place, metric) in ComparedMetric::of_task(task).into_iter().enumerate() {
                assert_eq!(metric.place(), place, "{metric:?}");
            }
        }
    }

    #[test]
    fn of_three_the_best_is_told_from_both_others() {
        let mut three = [
            difference(0, 1, RocAuc, -0.1, 0.01),
            difference(0, 2, RocAuc, 0.0, 0.9),
            difference(1, 2, RocAuc, 0.1, 0.01),
        ];
        assert_eq!(
            answer_in_metric(3, &three),
            Answer::Better(1),
            "the others need not differ"
        );
        three[2].p_value_in_metric = Some(0.06);
        assert_eq!(answer_in_metric(3, &three), Answer::NotDistinguishable);
    }

    #[test]
    fn metrics_that_contradict_each_other_have_no_overall_answer() {
        let mut both = vec![
            difference(0, 1, RocAuc, 0.1, 0.01),
            difference(0, 1, LogLoss, 0.1, 0.01),
        ];
        assert_eq!(answer_overall(2, &both), Answer::Mixed);
        both[1].p_value_overall = Some(0.2);
        assert_eq!(answer_overall(2, &both), Answer::Better(0));
    }

    #[test]
    fn a_version_is_beside_another_what_their_pair_says() {
        let model: ModelId = "m".parse().unwrap();
        let found = |p: [f64; 2]| VersionComparison {
            differences: vec![
                difference(0, 1, RocAuc, 0.1, p[0]),
                difference(0, 1, LogLoss, 0.1, p[1]),
                difference(0, 2, RocAuc, -0.1, 0.001),
            ],
            ..comparison(&model, &[4, 2, 9])
        };
        let rivalry = |p, one, other| found(p).rivalry(&model, one, other);
        let said = |p_value, is_worse| Some(Rivalry { p_value, is_worse });
        assert_eq!(rivalry([0.01, 0.2], 4, 2), said(Some(0.01), false));
        assert_eq!(rivalry([0.01, 0.02], 4, 2), said(Some(0.01), true));
        assert_eq!(rivalry([0.01, 0.2], 2, 4), said(Some(0.2), true));
        assert_eq!(rivalry([0.01, 0.2], 4, 9), said(None, true));
        assert_eq!(rivalry([0.01, 0.2], 4, 3), None);
        let other: ModelId = "n".parse().unwrap();
        assert_eq!(found([0.01, 0.2]).rivalry(&other, 4, 2), None);
    }

    #[test]
    fn what_has_no_p_value_has_no_answer() {
        let mut unset = difference(0, 1, RocAuc, 0.1, 0.01);
        unset.p_value = None;
        unset.p_value_in_metric = None;
        unset.p_value_overall = None;
        assert_eq!(answer_in_metric(2, &[unset]), Answer::Unknown);
        assert_eq!(answer_overall(2, &[unset]), Answer::Unknown);
    }
}
