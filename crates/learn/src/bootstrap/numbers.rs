//! How sure the metrics of foreseen numbers are.
//!
//! All but the median come from sums over blocks, so that a draw costs nothing for the rows; the median one pass over the sorted
//! errors. Ranks are those among all rows and are not made anew in a draw: what a draw tells of Spearman's correlation is that of the
//! ranks, as good for many rows.

use super::blocks::{Blocks, names, renumbered};
use super::redraw::{Draws, Redrawn, redraw};
use super::{Found, Resampling};
use crate::control::Control;
use crate::fit::FitError;
use crate::metrics::average_ranks;
use mltraining_domain::{Interval, IntervalUnset, RegressionIntervals, RegressionMetrics, ScoreIntervals};

/// Forecasts for rows that the model which made them had not seen, fold after fold.
#[derive(Debug, Clone, Copy)]
pub struct TestedNumbers<'a> {
    /// What came true.
    pub truths: &'a [f32],
    /// What the model said.
    pub forecasts: &'a [f64],
    /// What the baseline said that the model is held against; `None` when there is none.
    pub baseline: Option<&'a [f64]>,
    /// Decision time of each row.
    pub times: &'a [i64],
    /// Where the rows of each fold end.
    pub fold_ends: &'a [usize],
}

/// As [`intervals`](super::intervals), of numbers: the skill is the mean over the folds of 1 - RMSE / RMSE of the baseline.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
///
/// # Panics
/// When truths, forecasts and times differ in number, or the least block is not above 0.
pub fn intervals_of_numbers(
    tested: TestedNumbers<'_>,
    resampling: Resampling,
    control: &Control<'_>,
) -> Result<Found, FitError> {
    let rows = tested.truths.len();
    assert_eq!(rows, tested.forecasts.len(), "one forecast for each truth");
    assert_eq!(rows, tested.times.len(), "one time for each truth");
    assert!(resampling.least_block > 0, "blocks have a length");
    let blocks = Blocks::of(tested.times, resampling.least_block);
    let numbers = Numbers {
        tested,
        folds: cut(&tested, &blocks.of_rows),
        blocks: &blocks,
    };
    redraw(&numbers, &blocks, resampling, control)
}

/// Forecasts, cut into blocks and folds.
struct Numbers<'a> {
    tested: TestedNumbers<'a>,
    folds: Vec<Fold>,
    blocks: &'a Blocks,
}

impl Redrawn for Numbers<'_> {
    fn unset(blocks: usize, reason: IntervalUnset) -> ScoreIntervals {
        let unset = Interval::Unset(reason);
        intervals_of(
            blocks,
            RegressionIntervals {
                rmse: unset,
                mae: unset,
                median_absolute_error: unset,
                r2: unset,
                spearman: unset,
            },
        )
    }

    fn whole(&self, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError> {
        let rows = 0..self.tested.truths.len();
        let errors = Errors::of(&self.tested, rows, &self.blocks.of_rows, self.blocks.count);
        of_errors(&errors, draws)
    }

    fn fold_blocks(&self) -> Vec<usize> {
        self.folds.iter().map(|fold| fold.names.len()).collect()
    }

    fn fold(&self, index: usize, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError> {
        of_errors(&self.folds[index].errors, draws)
    }

    fn skill(&self, weights: &[f64]) -> Option<f64> {
        skill(&self.folds, weights)
    }
}

/// Intervals of numbers alone.
pub(super) fn intervals_of(blocks: usize, regression: RegressionIntervals) -> ScoreIntervals {
    ScoreIntervals {
        blocks: blocks as u64,
        roc_auc: Interval::Unset(IntervalUnset::Undefined),
        average_precision: Interval::Unset(IntervalUnset::Undefined),
        regression: Some(regression),
    }
}

/// Sums over the rows of one block.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    rows: f64,
    /// Of the truths, less the mean of all.
    truth: f64,
    truth_squares: f64,
    error_squares: f64,
    errors: f64,
    baseline_squares: f64,
    /// Of the ranks of truths and of forecasts, less their mean.
    ranks: [f64; 2],
    rank_squares: [f64; 2],
    rank_products: f64,
}

/// The errors of some rows, by blocks.
pub(super) struct Errors {
    blocks: Vec<Sums>,
    /// Rising, each with its block.
    sorted: Vec<(f64, u16)>,
}

/// One fold's rows, by blocks of its own.
struct Fold {
    errors: Errors,
    /// The number among all blocks of each of the fold's own.
    names: Vec<u16>,
}

fn cut(tested: &TestedNumbers<'_>, blocks: &[u16]) -> Vec<Fold> {
    let mut start = 0;
    let fold = |end: &usize| {
        let rows = start..*end;
        start = *end;
        let (count, own) = renumbered(&blocks[rows.clone()]);
        Fold {
            names: names(&blocks[rows.clone()]),
            errors: Errors::of(tested, rows, &own, count),
        }
    };
    tested.fold_ends.iter().map(fold).collect()
}

impl Errors {
    /// Of the rows in this range, of which `of_rows` has the blocks.
    pub(super) fn of(
        tested: &TestedNumbers<'_>,
        range: std::ops::Range<usize>,
        of_rows: &[u16],
        count: usize,
    ) -> Self {
        let truths: Vec<f64> = tested.truths[range.clone()]
            .iter()
            .copied()
            .map(f64::from)
            .collect();
        let forecasts = &tested.forecasts[range.clone()];
        let ranks = [average_ranks(&truths), average_ranks(forecasts)];
        let (rows, middle) = (truths.len() as f64, (truths.len() as f64 + 1.0) / 2.0);
        let mean = truths.iter().sum::<f64>() / rows;
        let mut found = Self {
            blocks: vec![Sums::default(); count],
            sorted: Vec::with_capacity(truths.len()),
        };
        for (place, (truth, forecast)) in truths.iter().zip(forecasts).enumerate() {
            let (apart, error) = (truth - mean, (forecast - truth).abs());
            let [a, b] = [ranks[0][place] - middle, ranks[1][place] - middle];
            let sums = &mut found.blocks[usize::from(of_rows[place])];
            sums.rows += 1.0;
            sums.truth += apart;
            sums.truth_squares += apart * apart;
            sums.error_squares += error * error;
            sums.errors += error;
            if let Some(baseline) = tested.baseline {
                sums.baseline_squares += (baseline[range.start + place] - truth).powi(2);
            }
            sums.ranks = [sums.ranks[0] + a, sums.ranks[1] + b];
            sums.rank_squares = [sums.rank_squares[0] + a * a, sums.rank_squares[1] + b * b];
            sums.rank_products += a * b;
            found.sorted.push((error, of_rows[place]));
        }
        found.sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        found
    }

    /// Of blocks drawn so often.
    fn drawn(&self, weights: &[f64]) -> Sums {
        let mut all = Sums::default();
        for (sums, weight) in self.blocks.iter().zip(weights) {
            all.rows += weight * sums.rows;
            all.truth += weight * sums.truth;
            all.truth_squares += weight * sums.truth_squares;
            all.error_squares += weight * sums.error_squares;
            all.errors += weight * sums.errors;
            all.baseline_squares += weight * sums.baseline_squares;
            for side in 0..2 {
                all.ranks[side] += weight * sums.ranks[side];
                all.rank_squares[side] += weight * sums.rank_squares[side];
            }
            all.rank_products += weight * sums.rank_products;
        }
        all
    }

    /// The error in the middle, or the mean of the two that are.
    fn median(&self, weights: &[f64], rows: f64) -> Option<f64> {
        let middle = [((rows - 1.0) / 2.0).floor(), (rows / 2.0).floor()];
        let (mut before, mut lower) = (0.0, None);
        for (error, block) in &self.sorted {
            before += weights[usize::from(*block)];
            if lower.is_none() && before > middle[0] {
                lower = Some(*error);
            }
            if before > middle[1] {
                return lower.map(|lower| f64::midpoint(lower, *error));
            }
        }
        None
    }

    /// The metrics when each row counts the weight of its block.
    pub(super) fn measured(&self, weights: &[f64]) -> RegressionMetrics {
        let all = self.drawn(weights);
        let around = |sum: f64, squares: f64| squares - sum * sum / all.rows;
        let spread = around(all.truth, all.truth_squares);
        let ranks = [0, 1].map(|side| around(all.ranks[side], all.rank_squares[side]));
        let common = all.rank_products - all.ranks[0] * all.ranks[1] / all.rows;
        let some = all.rows > 0.0;
        // What rounding leaves of values that are all the same is far less.
        let differ = |spread: f64, squares: f64| spread > 1e-12 * squares;
        let orders = (0..2).all(|side| differ(ranks[side], all.rank_squares[side]));
        RegressionMetrics {
            rmse: some.then(|| (all.error_squares / all.rows).sqrt()),
            mae: some.then(|| all.errors / all.rows),
            median_absolute_error: self.median(weights, all.rows),
            r2: differ(spread, all.truth_squares).then(|| 1.0 - all.error_squares / spread),
            spearman: orders.then(|| common / (ranks[0] * ranks[1]).sqrt()),
        }
    }
}

/// The mean over the folds of 1 - RMSE / RMSE of the baseline, each fold counting as much as its rows were drawn; `None` when no
/// row is drawn, or a baseline makes no error.
fn skill(folds: &[Fold], weights: &[f64]) -> Option<f64> {
    let (mut sum, mut counted) = (0.0, 0.0);
    for fold in folds {
        let own: Vec<f64> = fold
            .names
            .iter()
            .map(|&name| weights[usize::from(name)])
            .collect();
        let drawn = fold.errors.drawn(&own);
        if drawn.rows == 0.0 {
            continue;
        }
        if drawn.baseline_squares == 0.0 {
            return None;
        }
        sum += drawn.rows * (1.0 - (drawn.error_squares / drawn.baseline_squares).sqrt());
        counted += drawn.rows;
    }
    (counted > 0.0).then(|| sum / counted)
}

fn of_errors(errors: &Errors, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError> {
    let drawn = draws.each(|weights| errors.measured(weights))?;
    let interval = |of: fn(&RegressionMetrics) -> Option<f64>| draws.interval(drawn.iter().map(of));
    let regression = RegressionIntervals {
        rmse: interval(|found| found.rmse),
        mae: interval(|found| found.mae),
        median_absolute_error: interval(|found| found.median_absolute_error),
        r2: interval(|found| found.r2),
        spearman: interval(|found| found.spearman),
    };
    Ok(intervals_of(draws.blocks, regression))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::measure_numbers;
    use crate::random::Random;

    /// 40 blocks of 25 rows in two folds; the forecast knows a `share` of the truth, the baseline nothing.
    fn rows(share: f64) -> (Vec<f32>, Vec<f64>, Vec<f64>, Vec<i64>) {
        let mut random = Random::of(11, 3);
        let (mut truths, mut forecasts) = (Vec::new(), Vec::new());
        for _ in 0..1000 {
            let (known, rest) = (random.unit() - 0.5, random.unit() - 0.5);
            truths.push((known + rest) as f32);
            forecasts.push(share * known);
        }
        (truths, forecasts, vec![0.0; 1000], (0..1000).collect())
    }

    fn found(share: f64) -> Found {
        let (truths, forecasts, baseline, times) = rows(share);
        let tested = TestedNumbers {
            truths: &truths,
            forecasts: &forecasts,
            baseline: Some(&baseline),
            times: &times,
            fold_ends: &[500, 1000],
        };
        let resampling = Resampling {
            least_block: 25,
            resamples: 400,
            seed: 7,
        };
        intervals_of_numbers(tested, resampling, &Control::none()).unwrap()
    }

    #[test]
    fn with_every_block_once_the_sums_say_what_the_metrics_say() {
        let (truths, forecasts, _, times) = rows(0.7);
        for rows in [999, 1000] {
            let (truths, forecasts) = (&truths[..rows], &forecasts[..rows]);
            let tested = TestedNumbers {
                truths,
                forecasts,
                baseline: None,
                times: &times[..rows],
                fold_ends: &[rows],
            };
            let of_rows: Vec<u16> = (0..rows).map(|row| (row / 25) as u16).collect();
            let drawn = Errors::of(&tested, 0..rows, &of_rows, 40).measured(&[1.0; 40]);
            let whole = measure_numbers(truths, forecasts).regression.unwrap();
            let pairs = [
                (drawn.rmse, whole.rmse),
                (drawn.mae, whole.mae),
                (drawn.median_absolute_error, whole.median_absolute_error),
                (drawn.r2, whole.r2),
                (drawn.spearman, whole.spearman),
            ];
            for (drawn, whole) in pairs {
                assert!(
                    (drawn.unwrap() - whole.unwrap()).abs() < 1e-12,
                    "{drawn:?} {whole:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_known_shows_as_skill_and_what_is_not_does_not() {
        let known = found(1.0);
        let (low, high) = known.skill.bounds().unwrap();
        // Half of the variance is known: the error falls to 1 / sqrt(2).
        assert!(
            low > 0.2 && low < 0.293 && high > 0.293 && high < 0.4,
            "{low} {high}"
        );
        assert!(known.p_value.unwrap() < 0.01);
        let (low, high) = known.overall.regression.unwrap().r2.bounds().unwrap();
        assert!(low > 0.4 && low < 0.5 && high > 0.5 && high < 0.6, "{low} {high}");
        assert_eq!(known.folds.len(), 2);
        let wrong = found(-0.2);
        assert!(wrong.skill.bounds().unwrap().0 < 0.0);
        let constant = found(0.0);
        assert_eq!(
            constant.overall.regression.unwrap().spearman,
            Interval::Unset(IntervalUnset::Undefined)
        );
    }

    #[test]
    fn few_blocks_tell_nothing() {
        let (truths, forecasts, _, times) = rows(1.0);
        let tested = TestedNumbers {
            truths: &truths,
            forecasts: &forecasts,
            baseline: None,
            times: &times,
            fold_ends: &[1000],
        };
        let resampling = Resampling {
            least_block: 300,
            resamples: 100,
            seed: 7,
        };
        let found = intervals_of_numbers(tested, resampling, &Control::none()).unwrap();
        let few = Interval::Unset(IntervalUnset::TooFewBlocks);
        assert_eq!(found.overall.regression.unwrap().rmse, few);
        assert_eq!((found.skill, found.p_value), (few, None));
    }
}
