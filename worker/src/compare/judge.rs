//! What the scores of several versions on the same rows say: each beside the others, on the same draws.

use super::rows::Reading;
use crate::train;
use crate::work::{Work, WorkError};
use mltraining_domain::comparison::{answer_in_metric, answer_overall};
use mltraining_domain::{
    CompareSpec, ComparedMetric, ComparedVersion, MetricAnswer, Metrics, RowCounts, ScoreIntervals,
    ScoredVersion, Span, Task, TimeRange, TrainSpec, VersionComparison, VersionDifference,
};
use mltraining_learn::bootstrap::{self, Compared, PairFound, Resampling, Rivals};
use mltraining_learn::control::Control;
use mltraining_learn::fit::Truth;
use mltraining_learn::metrics::{self, Cut};
use mltraining_panel::rows::LabelledRows;

/// How often blocks are drawn: p-values are corrected for many pairs, and of 1,000 draws none would be small enough.
const RESAMPLES: u32 = 10_000;

/// The versions on the rows that all of them have.
pub(super) struct Together {
    /// What came true.
    pub truths: Truths,
    /// Decision times.
    pub times: Vec<i64>,
    /// Of each version, in the order of the request.
    pub versions: Vec<Beside>,
}

/// What came true in rows.
pub(super) enum Truths {
    /// 0 or 1.
    Classes(Vec<u8>),
    /// A number.
    Numbers(Vec<f32>),
}

impl Truths {
    /// Of these places among the rows.
    fn of(task: Task, rows: &LabelledRows, places: &[u32]) -> Self {
        let places = places.iter().map(|&row| row as usize);
        match task {
            Task::Binary => Self::Classes(places.map(|row| rows.labels[row]).collect()),
            Task::Regression => Self::Numbers(places.map(|row| rows.targets[row]).collect()),
        }
    }

    fn as_truth(&self) -> Truth<'_> {
        match self {
            Self::Classes(labels) => Truth::Classes(labels),
            Self::Numbers(numbers) => Truth::Numbers(numbers),
        }
    }

    /// Positives among them; `None` where numbers are foreseen.
    pub(super) fn positives(&self) -> Option<u64> {
        match self {
            Self::Classes(labels) => Some(labels.iter().map(|&label| u64::from(label)).sum()),
            Self::Numbers(_) => None,
        }
    }

    fn measure(&self, beside: &Beside) -> Metrics {
        match self {
            Self::Classes(labels) => {
                let cut = beside.threshold.map_or(Cut::None, Cut::At);
                metrics::measure(labels, &beside.scores, cut)
            }
            Self::Numbers(truths) => metrics::measure_numbers(truths, &beside.scores),
        }
    }
}

/// A version on these rows.
pub(super) struct Beside {
    /// The scores, or the numbers that it foresees.
    pub scores: Vec<f64>,
    /// Its threshold.
    pub threshold: Option<f64>,
    /// Where the rows went that it alone can score.
    pub own_rows: RowCounts,
    /// Hash over what was read for it.
    pub source_fingerprint: String,
}

/// Takes the rows in common out of each reading; `fingerprints` are those of the readings.
pub(super) fn together(
    task: Task,
    readings: Vec<Reading>,
    places: &[Vec<u32>],
    fingerprints: &[String],
) -> Together {
    let (first, own) = (&readings[0].rows, &places[0]);
    let truths = Truths::of(task, first, own);
    let times = own.iter().map(|&row| first.decisions[row as usize]).collect();
    let mut versions = Vec::new();
    for ((reading, places), fingerprint) in readings.into_iter().zip(places).zip(fingerprints) {
        for scored in reading.scored {
            let beside = Beside {
                scores: places.iter().map(|&row| scored.scores[row as usize]).collect(),
                threshold: scored.threshold,
                own_rows: reading.rows.counts,
                source_fingerprint: fingerprint.clone(),
            };
            versions.push((scored.place, beside));
        }
    }
    versions.sort_by_key(|(place, _)| *place);
    Together {
        truths,
        times,
        versions: versions.into_iter().map(|(_, beside)| beside).collect(),
    }
}

/// Compares. Runs in the caller's rayon pool.
///
/// # Errors
/// When the job is stopped.
pub(super) fn judge(
    spec: &CompareSpec,
    together: Together,
    work: &Work,
) -> Result<VersionComparison, WorkError> {
    let Together {
        truths,
        times,
        versions,
    } = together;
    let mut scores = Vec::with_capacity(versions.len());
    let mut compared = Vec::with_capacity(versions.len());
    for (version, beside) in spec.versions.iter().zip(versions) {
        compared.push(ComparedVersion {
            model: version.model.clone(),
            version: version.version,
            own_rows: beside.own_rows,
            metrics: truths.measure(&beside),
            source_fingerprint: beside.source_fingerprint,
            intervals: unknown(),
        });
        scores.push(beside.scores);
    }
    let resampling = Resampling {
        resamples: RESAMPLES,
        seed: spec.seed,
        ..train::resampling(&spec.versions[0].train)
    };
    let rivals = Rivals {
        truth: truths.as_truth(),
        scores: &scores,
        times: &times,
    };
    let control = Control {
        cancel: work.stop.flag(),
        progress: &|_, _| {},
    };
    // Of scores and truths of one length a stop alone keeps it from ending.
    let found = bootstrap::compare(rivals, resampling, &control).map_err(|_| WorkError::Stopped)?;
    for (version, intervals) in compared.iter_mut().zip(&found.models) {
        version.intervals = *intervals;
    }
    let positives = truths.positives().unwrap_or_default();
    Ok(outcome(spec, positives, &times, compared, &found))
}

fn outcome(
    spec: &CompareSpec,
    positives: u64,
    times: &[i64],
    versions: Vec<ComparedVersion>,
    found: &Compared,
) -> VersionComparison {
    let metrics = ComparedMetric::of_task(spec.task());
    let differences = differences(spec, metrics, &found.pairs);
    let answers = metrics.map(|metric| {
        let of: Vec<VersionDifference> = differences
            .iter()
            .copied()
            .filter(|d| d.metric == metric)
            .collect();
        MetricAnswer {
            metric,
            answer: answer_in_metric(versions.len(), &of),
        }
    });
    let time = |micros: Option<i64>| train::time(micros.unwrap_or_default());
    VersionComparison {
        source: spec.versions[0].train.source.clone(),
        range: spec.range,
        known_before: spec.known_before,
        rows: times.len() as u64,
        positives,
        decisions: TimeRange {
            start: time(times.iter().copied().min()),
            end: time(times.iter().copied().max()),
        },
        block: Span::from_micros(found.block).unwrap_or_default(),
        blocks: found.blocks,
        resamples: RESAMPLES,
        overall: answer_overall(versions.len(), &differences),
        answers: answers.to_vec(),
        versions,
        differences,
    }
}

/// Whether two versions differ by the seed of their training alone. They are draws of one thing: what tells their fits apart is chance,
/// which no number of test rows makes less of.
fn are_draws_of_one(one: &ScoredVersion, other: &ScoredVersion) -> bool {
    let alike = TrainSpec {
        model: one.train.model.clone(),
        seed: one.train.seed,
        ..other.train.clone()
    };
    alike == one.train && one.trained == other.trained
}

/// Every pair in every metric, with p-values corrected for the pairs of the metric, and for all. Versions that differ by the seed alone
/// are not tested: they have none that is corrected.
fn differences(
    spec: &CompareSpec,
    metrics: [ComparedMetric; 4],
    pairs: &[PairFound],
) -> Vec<VersionDifference> {
    let is_tested =
        |first: usize, second: usize| !are_draws_of_one(&spec.versions[first], &spec.versions[second]);
    let mut found: Vec<VersionDifference> = Vec::new();
    for metric in metrics {
        let of: Vec<_> = pairs
            .iter()
            .map(|pair| pair.differences[metric.place()])
            .collect();
        let p_values: Vec<Option<f64>> = pairs
            .iter()
            .zip(&of)
            .map(|(pair, difference)| difference.p_value.filter(|_| is_tested(pair.first, pair.second)))
            .collect();
        let corrected = bootstrap::holm(&p_values);
        for ((pair, difference), corrected) in pairs.iter().zip(of).zip(corrected) {
            found.push(VersionDifference {
                first: pair.first,
                second: pair.second,
                metric,
                difference: difference.value,
                interval: difference.interval,
                p_value: difference.p_value,
                p_value_in_metric: corrected,
                p_value_overall: None,
            });
        }
    }
    let p_values: Vec<Option<f64>> = found
        .iter()
        .map(|difference| {
            difference
                .p_value
                .filter(|_| is_tested(difference.first, difference.second))
        })
        .collect();
    let corrected = bootstrap::holm(&p_values);
    for (difference, corrected) in found.iter_mut().zip(corrected) {
        difference.p_value_overall = corrected;
    }
    found
}

/// Before anything is drawn.
fn unknown() -> ScoreIntervals {
    let unset = mltraining_domain::Interval::Unset(mltraining_domain::IntervalUnset::Undefined);
    ScoreIntervals {
        blocks: 0,
        roc_auc: unset,
        average_precision: unset,
        regression: None,
    }
}
