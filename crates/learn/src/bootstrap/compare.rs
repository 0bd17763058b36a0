//! Several models on the very same rows: how they differ, on the same draws of blocks of time.

use super::blocks::Blocks;
use super::interval::Resampled;
use super::numbers::{Errors, TestedNumbers, intervals_of};
use super::ranking::{Pairs, Ranking};
use super::{FEWEST_BLOCKS, Resampling, draw, resampled};
use crate::control::Control;
use crate::fit::{FitError, Truth};
use crate::metrics::{loss_of_row, square_of_row};
use mltraining_domain::{ComparedMetric, Interval, IntervalUnset, RegressionIntervals, ScoreIntervals, Task};
use rayon::prelude::*;

/// What a model reaches on a draw: the metrics of its task in their order, and of numbers the median absolute error, which has an interval
/// and is not compared.
type Reached = [Option<f64>; 5];
/// Its place.
const MEDIAN: usize = 4;

/// Scores of several models on the same rows, which none of them had seen.
#[derive(Debug, Clone, Copy)]
pub struct Rivals<'a> {
    /// What came true.
    pub truth: Truth<'a>,
    /// Of each model, the probability of a positive for each row, or the number that it foresees.
    pub scores: &'a [Vec<f64>],
    /// Decision time of each row.
    pub times: &'a [i64],
}

/// What the draws say.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Length of a block, in the unit of the times.
    pub block: i64,
    /// Blocks that hold a row.
    pub blocks: u64,
    /// How sure the scores of each model are.
    pub models: Vec<ScoreIntervals>,
    /// Each pair of models once, the earlier one first.
    pub pairs: Vec<PairFound>,
}

/// How two models differ.
#[derive(Debug, Clone, PartialEq)]
pub struct PairFound {
    /// Place of the one.
    pub first: usize,
    /// Place of the other, later.
    pub second: usize,
    /// In each metric of the task, in the order of [`ComparedMetric::of_task`].
    pub differences: Vec<Difference>,
}

/// How two models differ in a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first less the second, on all rows; `None` where one is undefined.
    pub value: Option<f64>,
    /// How sure that is.
    pub interval: Interval,
    /// The chance of a difference at least so far from 0 if there were none, two-sided; `None` where the interval is unset.
    pub p_value: Option<f64>,
}

/// A model's rows, ready to be weighed by blocks.
enum Weighable {
    Classes(Scores),
    /// `None` when a forecast is NaN.
    Numbers(Option<Errors>),
}

/// Probabilities of classes.
struct Scores {
    /// `None` when a score is NaN.
    ranked: Option<(Ranking, Pairs)>,
    /// Sums over the rows of each block: log losses, squares.
    losses: Vec<f64>,
    squares: Vec<f64>,
}

/// Draws blocks and measures all models on each draw; the same on any number of threads, in the rayon pool of the caller. The
/// difference of two models is taken draw by draw, so that what both have in common (a hard day, a rare class) falls out of it.
///
/// Intervals and p-values are as in [`intervals`](super::intervals): unset with fewer than 5 blocks, and where more than 5 % of
/// the draws leave the value undefined. They are not corrected for the number of models; see [`holm`](super::holm).
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
///
/// # Panics
/// When truths, scores and times differ in number, or the least block is not above 0.
pub fn compare(
    rivals: Rivals<'_>,
    resampling: Resampling,
    control: &Control<'_>,
) -> Result<Compared, FitError> {
    let (task, rows) = match rivals.truth {
        Truth::Classes(labels) => (Task::Binary, labels.len()),
        Truth::Numbers(numbers) => (Task::Regression, numbers.len()),
    };
    assert_eq!(rows, rivals.times.len(), "one time for each truth");
    assert!(
        rivals.scores.iter().all(|scores| scores.len() == rows),
        "one score for each truth"
    );
    assert!(resampling.least_block > 0, "blocks have a length");
    let blocks = Blocks::of(rivals.times, resampling.least_block);
    let mut sizes = vec![0.0; blocks.count];
    blocks
        .of_rows
        .iter()
        .for_each(|&block| sizes[usize::from(block)] += 1.0);
    let models: Vec<Weighable> = rivals
        .scores
        .par_iter()
        .map(|scores| Weighable::new(&rivals, scores, &blocks))
        .collect();
    let measured = |weights: &[f64]| -> Vec<Reached> {
        models
            .iter()
            .map(|model| model.measured(weights, &sizes))
            .collect()
    };
    let whole = measured(&vec![1.0; blocks.count]);
    let draws = match blocks.count < FEWEST_BLOCKS {
        true => Vec::new(),
        false => resampled(resampling, control, |nth| {
            measured(&draw::weights(resampling.seed, 0, nth, blocks.count))
        })?,
    };
    let found = Found {
        task,
        whole,
        draws,
        blocks: blocks.count,
    };
    let count = models.len();
    let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
    Ok(Compared {
        block: blocks.length,
        blocks: blocks.count as u64,
        models: (0..count).map(|model| found.scores(model)).collect(),
        pairs: pairs.map(|(first, second)| found.pair(first, second)).collect(),
    })
}

impl Weighable {
    fn new(rivals: &Rivals<'_>, scores: &[f64], blocks: &Blocks) -> Self {
        match rivals.truth {
            Truth::Classes(labels) => Self::Classes(Scores::new(labels, scores, blocks)),
            Truth::Numbers(truths) => {
                let tested = TestedNumbers {
                    truths,
                    forecasts: scores,
                    baseline: None,
                    times: rivals.times,
                    fold_ends: &[],
                };
                let rows = 0..truths.len();
                let known = !scores.iter().any(|forecast| forecast.is_nan());
                Self::Numbers(known.then(|| Errors::of(&tested, rows, &blocks.of_rows, blocks.count)))
            }
        }
    }

    /// The metrics when each row counts the weight of its block.
    fn measured(&self, weights: &[f64], sizes: &[f64]) -> Reached {
        match self {
            Self::Classes(scores) => {
                let [a, b, c, d] = scores.measured(weights, sizes);
                [a, b, c, d, None]
            }
            Self::Numbers(None) => [None; 5],
            Self::Numbers(Some(errors)) => {
                let found = errors.measured(weights);
                [
                    found.rmse,
                    found.mae,
                    found.r2,
                    found.spearman,
                    found.median_absolute_error,
                ]
            }
        }
    }
}

impl Scores {
    fn new(labels: &[u8], scores: &[f64], blocks: &Blocks) -> Self {
        let mut made = Self {
            ranked: Ranking::new(labels, scores, &blocks.of_rows, blocks.count).map(|ranking| {
                let pairs = ranking.pairs();
                (ranking, pairs)
            }),
            losses: vec![0.0; blocks.count],
            squares: vec![0.0; blocks.count],
        };
        for ((&label, &score), &block) in labels.iter().zip(scores).zip(&blocks.of_rows) {
            made.losses[usize::from(block)] += loss_of_row(label, score);
            made.squares[usize::from(block)] += square_of_row(label, score);
        }
        made
    }

    /// ROC AUC, average precision, log loss and Brier score.
    fn measured(&self, weights: &[f64], sizes: &[f64]) -> [Option<f64>; 4] {
        let Some((ranking, pairs)) = &self.ranked else {
            return [None; 4];
        };
        let weighed = |sums: &[f64]| {
            sums.iter()
                .zip(weights)
                .map(|(sum, weight)| sum * weight)
                .sum::<f64>()
        };
        let rows = weighed(sizes);
        let mean = |sums: &[f64]| (rows > 0.0).then(|| weighed(sums) / rows);
        [
            pairs.roc_auc(weights),
            ranking.average_precision(weights),
            mean(&self.losses),
            mean(&self.squares),
        ]
    }
}

/// The metrics of all models, on all rows and on each draw.
struct Found {
    task: Task,
    whole: Vec<Reached>,
    draws: Vec<Vec<Reached>>,
    blocks: usize,
}

impl Found {
    fn resampled(&self, value: impl Fn(&[Reached]) -> Option<f64>) -> Result<Resampled, IntervalUnset> {
        if self.blocks < FEWEST_BLOCKS {
            return Err(IntervalUnset::TooFewBlocks);
        }
        Resampled::new(self.draws.iter().map(|draw| value(draw)), self.blocks)
    }

    fn scores(&self, model: usize) -> ScoreIntervals {
        let interval = |place: usize| match self.resampled(|all| all[model][place]) {
            Ok(resampled) => resampled.interval(),
            Err(reason) => Interval::Unset(reason),
        };
        let of = |metric: ComparedMetric| interval(metric.place());
        match self.task {
            Task::Binary => ScoreIntervals {
                blocks: self.blocks as u64,
                roc_auc: of(ComparedMetric::RocAuc),
                average_precision: of(ComparedMetric::AveragePrecision),
                regression: None,
            },
            Task::Regression => intervals_of(
                self.blocks,
                RegressionIntervals {
                    rmse: of(ComparedMetric::Rmse),
                    mae: of(ComparedMetric::Mae),
                    median_absolute_error: interval(MEDIAN),
                    r2: of(ComparedMetric::R2),
                    spearman: of(ComparedMetric::Spearman),
                },
            ),
        }
    }

    fn pair(&self, first: usize, second: usize) -> PairFound {
        let difference = |metric: ComparedMetric| {
            let at = metric.place();
            let less = |all: &[Reached]| Some(all[first][at]? - all[second][at]?);
            let (interval, p_value) = match self.resampled(less) {
                Ok(resampled) => (resampled.interval(), Some(resampled.p_value())),
                Err(reason) => (Interval::Unset(reason), None),
            };
            Difference {
                value: less(&self.whole),
                interval,
                p_value,
            }
        };
        PairFound {
            first,
            second,
            differences: ComparedMetric::of_task(self.task).map(difference).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Cut, measure, measure_numbers};
    use crate::random::Random;

    const HOURS: i64 = 24;

    /// Days of hourly rows of five entities. Each model's score of a row is its chance to be positive plus noise of the model's own,
    /// as large as `noise` says; what a day has in common shifts all of them.
    fn world(seed: u64, days: i64, noise: &[f64]) -> (Vec<u8>, Vec<Vec<f64>>, Vec<i64>) {
        let mut random = Random::of(seed, 0);
        let (mut labels, mut times) = (Vec::new(), Vec::new());
        let mut scores = vec![Vec::new(); noise.len()];
        for day in 0..days {
            let shift = 0.2 * random.unit();
            for row in 0..5 * HOURS {
                let chance = 0.1 + 0.6 * random.unit() + shift;
                labels.push(u8::from(random.unit() < chance));
                times.push(day * HOURS + row / 5);
                for (model, noise) in noise.iter().enumerate() {
                    scores[model].push((chance + noise * (random.unit() - 0.5)).clamp(0.01, 0.99));
                }
            }
        }
        (labels, scores, times)
    }

    fn drawn(truth: Truth<'_>, scores: &[Vec<f64>], times: &[i64], resamples: u32) -> Compared {
        let rivals = Rivals { truth, scores, times };
        let resampling = Resampling {
            least_block: HOURS,
            resamples,
            seed: 7,
        };
        compare(rivals, resampling, &Control::none()).unwrap()
    }

    fn found(seed: u64, days: i64, noise: &[f64], resamples: u32) -> Compared {
        let (labels, scores, times) = world(seed, days, noise);
        drawn(Truth::Classes(&labels), &scores, &times, resamples)
    }

    #[test]
    fn differences_are_those_of_the_metrics() {
        let (labels, scores, times) = world(1, 10, &[0.1, 0.8, 0.1]);
        let rivals = Rivals {
            truth: Truth::Classes(&labels),
            scores: &scores,
            times: &times,
        };
        let resampling = Resampling {
            least_block: HOURS,
            resamples: 50,
            seed: 7,
        };
        let compared = compare(rivals, resampling, &Control::none()).unwrap();
        assert_eq!(
            (compared.block, compared.blocks, compared.pairs.len()),
            (HOURS, 10, 3)
        );
        for pair in &compared.pairs {
            let of = |model: usize| measure(&labels, &scores[model], Cut::None);
            let (a, b) = (of(pair.first), of(pair.second));
            let wanted = [
                a.roc_auc.unwrap() - b.roc_auc.unwrap(),
                a.average_precision.unwrap() - b.average_precision.unwrap(),
                a.log_loss.unwrap() - b.log_loss.unwrap(),
                a.brier.unwrap() - b.brier.unwrap(),
            ];
            for (found, wanted) in pair.differences.iter().zip(wanted) {
                assert!((found.value.unwrap() - wanted).abs() < 1e-12, "{pair:?}");
            }
        }
    }

    /// The mean of a sum per block over draws is linear, so its interval can be had otherwise: by drawing days, summing their losses
    /// and sorting, with the same draws and the levels of ten blocks (Student's 2.262157 of 9 degrees times sqrt(10 / 9) is 2.384526,
    /// below which lie 0.008551 of a normal distribution).
    #[test]
    fn the_interval_of_a_difference_is_that_of_its_daily_sums() {
        let (labels, scores, times) = world(2, 10, &[0.2, 0.5]);
        let compared = found(2, 10, &[0.2, 0.5], 1000);
        let mut daily = [0.0; 10];
        let mut rows = [0.0; 10];
        for row in 0..labels.len() {
            let day = (times[row] / HOURS) as usize;
            daily[day] +=
                square_of_row(labels[row], scores[0][row]) - square_of_row(labels[row], scores[1][row]);
            rows[day] += 1.0;
        }
        let mut drawn: Vec<f64> = (0..1000)
            .map(|nth| {
                let weights = draw::weights(7, 0, nth, 10);
                let sum = |of: &[f64; 10]| of.iter().zip(&weights).map(|(v, w)| v * w).sum::<f64>();
                sum(&daily) / sum(&rows)
            })
            .collect();
        drawn.sort_by(f64::total_cmp);
        let at = 0.008_551 * 999.0;
        let low = drawn[8] + (at - 8.0) * (drawn[9] - drawn[8]);
        let (found_low, _) = compared.pairs[0].differences[ComparedMetric::Brier.place()]
            .interval
            .bounds()
            .unwrap();
        assert!((low - found_low).abs() < 1e-6, "{low} {found_low}");
    }

    #[test]
    fn a_less_noisy_model_is_told_from_a_noisier_one_in_every_metric() {
        let compared = found(3, 20, &[0.1, 0.8], 1000);
        for (metric, difference) in ComparedMetric::OF_CLASSES
            .iter()
            .zip(&compared.pairs[0].differences)
        {
            assert!(difference.p_value.unwrap() < 0.01, "{metric:?} {difference:?}");
            let better = difference.value.unwrap() > 0.0;
            assert_eq!(better, metric.is_higher_better(), "{metric:?}");
        }
    }

    /// At a level of 5 % some 10 of 200 are expected; with the metrics taken together the smallest of four p-values is corrected.
    #[test]
    fn models_that_are_equally_noisy_are_told_apart_as_rarely_as_promised() {
        let (mut of_auc, mut of_any) = (0, 0);
        for seed in 0..200 {
            let pair = found(100 + seed, 15, &[0.3, 0.3], 200).pairs.remove(0);
            let p_values: Vec<Option<f64>> = pair.differences.iter().map(|d| d.p_value).collect();
            of_auc += u32::from(p_values[0].unwrap() < 0.05);
            of_any += u32::from(super::super::holm(&p_values).iter().flatten().any(|p| *p < 0.05));
        }
        assert!(
            of_auc <= 21,
            "{of_auc} of 200, where 10 are expected and 21 are beyond chance"
        );
        assert!(of_any <= 21, "{of_any} of 200");
        assert!(of_auc >= 1, "no difference at all: the intervals are too wide");
    }

    #[test]
    fn the_draws_are_the_same_on_any_number_of_threads_and_a_stop_ends_them() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| found(4, 8, &[0.1, 0.4, 0.2], 100))
        };
        assert_eq!(on(1), on(3));
        let (labels, scores, times) = world(4, 8, &[0.1, 0.4]);
        let stopped = std::sync::atomic::AtomicBool::new(true);
        let control = Control {
            cancel: &stopped,
            progress: &|_, _| {},
        };
        let rivals = Rivals {
            truth: Truth::Classes(&labels),
            scores: &scores,
            times: &times,
        };
        let resampling = Resampling {
            least_block: HOURS,
            resamples: 10,
            seed: 1,
        };
        assert_eq!(compare(rivals, resampling, &control), Err(FitError::Cancelled));
    }

    /// Days of hourly rows of five entities. Each model knows the number but for noise of its own, as large as `noise` says; what a day
    /// has in common makes it hard or easy for all of them.
    fn numbers(seed: u64, days: i64, noise: &[f64]) -> (Vec<f32>, Vec<Vec<f64>>, Vec<i64>) {
        let mut random = Random::of(seed, 0);
        let (mut truths, mut times) = (Vec::new(), Vec::new());
        let mut said = vec![Vec::new(); noise.len()];
        for day in 0..days {
            let hard = 0.5 + random.unit();
            for row in 0..5 * HOURS {
                let known = random.unit() - 0.5;
                truths.push((known + hard * (random.unit() - 0.5)) as f32);
                times.push(day * HOURS + row / 5);
                for (model, noise) in noise.iter().enumerate() {
                    said[model].push(known + noise * (random.unit() - 0.5));
                }
            }
        }
        (truths, said, times)
    }

    fn of_numbers(seed: u64, days: i64, noise: &[f64], resamples: u32) -> Compared {
        let (truths, said, times) = numbers(seed, days, noise);
        drawn(Truth::Numbers(&truths), &said, &times, resamples)
    }

    #[test]
    fn nothing_is_told_of_a_model_that_does_not_say_a_number() {
        let (truths, mut said, times) = numbers(1, 10, &[0.1, 0.8, 0.3]);
        said[1][7] = f64::NAN;
        let compared = drawn(Truth::Numbers(&truths), &said, &times, 50);
        for pair in &compared.pairs {
            let told = pair
                .differences
                .iter()
                .any(|difference| difference.value.is_some());
            assert_eq!(told, (pair.first, pair.second) == (0, 2), "{pair:?}");
        }
    }

    #[test]
    fn differences_of_numbers_are_those_of_the_metrics_and_each_model_has_its_intervals() {
        let noise = [0.1, 0.8, 0.1];
        let (truths, said, _) = numbers(1, 10, &noise);
        let compared = of_numbers(1, 10, &noise, 200);
        assert_eq!((compared.blocks, compared.pairs.len()), (10, 3));
        let of = |model: usize| measure_numbers(&truths, &said[model]);
        for pair in &compared.pairs {
            let (a, b) = (of(pair.first), of(pair.second));
            for (metric, found) in ComparedMetric::OF_NUMBERS.iter().zip(&pair.differences) {
                let wanted = metric.of(&a).unwrap() - metric.of(&b).unwrap();
                assert!(
                    (found.value.unwrap() - wanted).abs() < 1e-12,
                    "{metric:?} {pair:?}"
                );
            }
        }
        for (model, sure) in compared.models.iter().enumerate() {
            assert_eq!(sure.roc_auc, Interval::Unset(IntervalUnset::Undefined));
            let (sure, metrics) = (sure.regression.unwrap(), of(model).regression.unwrap());
            for (interval, value) in [
                (sure.rmse, metrics.rmse),
                (sure.mae, metrics.mae),
                (sure.median_absolute_error, metrics.median_absolute_error),
                (sure.r2, metrics.r2),
                (sure.spearman, metrics.spearman),
            ] {
                let (low, high) = interval.bounds().unwrap();
                let value = value.unwrap();
                assert!(low < value && value < high, "{low} {value} {high}");
            }
        }
    }

    #[test]
    fn numbers_that_are_farther_off_are_told_apart_and_alike_ones_seldom() {
        for (metric, difference) in ComparedMetric::OF_NUMBERS
            .iter()
            .zip(&of_numbers(2, 15, &[0.1, 0.8], 2000).pairs[0].differences)
        {
            let (low, high) = difference.interval.bounds().unwrap();
            let ahead = if metric.is_higher_better() {
                low > 0.0
            } else {
                high < 0.0
            };
            assert!(
                ahead && difference.p_value.unwrap() < 0.01,
                "{metric:?} {difference:?}"
            );
        }
        let told = |seed: u64| {
            let found = of_numbers(1000 + seed, 15, &[0.4, 0.4], 400);
            let rmse = found.pairs[0].differences[ComparedMetric::Rmse.place()];
            usize::from(rmse.p_value.unwrap() < 0.05)
        };
        let told: usize = (0..200).map(told).sum();
        assert!(
            (1..=21).contains(&told),
            "{told} of 200, where 10 are expected and 21 are beyond chance"
        );
    }

    #[test]
    fn a_model_beside_itself_differs_by_nothing_and_few_blocks_say_nothing() {
        let (labels, mut scores, times) = world(5, 9, &[0.2]);
        scores.push(scores[0].clone());
        let rivals = Rivals {
            truth: Truth::Classes(&labels),
            scores: &scores,
            times: &times,
        };
        let resampling = Resampling {
            least_block: HOURS,
            resamples: 100,
            seed: 7,
        };
        let compared = compare(rivals, resampling, &Control::none()).unwrap();
        for difference in &compared.pairs[0].differences {
            assert_eq!(difference.value, Some(0.0));
            assert_eq!(
                (difference.interval.bounds(), difference.p_value),
                (Some((0.0, 0.0)), Some(1.0))
            );
        }
        let few = found(6, 4, &[0.1, 0.8], 100);
        for difference in &few.pairs[0].differences {
            assert!(difference.value.is_some());
            assert_eq!(difference.interval, Interval::Unset(IntervalUnset::TooFewBlocks));
            assert_eq!(difference.p_value, None);
        }
    }
}
