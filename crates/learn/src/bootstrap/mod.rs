//! How sure a score is: a bootstrap over blocks of time.
//!
//! Rows of one time tell partly of the same market, and labels that overlap tell of the same bars, so rows are no independent
//! draws; blocks of time, all entities together and at least as long as a label looks ahead, nearly are (Künsch 1989, "The
//! jackknife and the bootstrap for general stationary observations"; fixed blocks as Carlstein 1986). Blocks are drawn with
//! replacement, as many as there are, and the scores are counted again; nothing is fitted again, so that the intervals tell of
//! the chance in the test and not of that in the training.

mod blocks;
mod compare;
mod draw;
mod folds;
mod holm;
mod interval;
mod mean;
mod numbers;
mod ranking;
mod redraw;
mod student;

use crate::control::Control;
use crate::fit::FitError;
use blocks::Blocks;
pub use compare::{Compared, Difference, PairFound, Rivals, compare};
use folds::FoldRanks;
pub use holm::holm;
pub use mean::interval_of_mean;
use mltraining_domain::{Interval, IntervalUnset, ScoreIntervals};
pub use numbers::{TestedNumbers, intervals_of_numbers};
use ranking::Ranking;
use rayon::prelude::*;
use redraw::{Draws, Redrawn, redraw};

/// With fewer blocks than this there is no interval: chance among so few cannot be told from the rows.
pub const FEWEST_BLOCKS: usize = 5;

/// Scores of rows that the model which scored them had not seen, fold after fold.
#[derive(Debug, Clone, Copy)]
pub struct Tested<'a> {
    /// 0 or 1.
    pub labels: &'a [u8],
    /// The model's scores.
    pub scores: &'a [f64],
    /// The scores of the baseline that the model is held against; `None` when there is none.
    pub baseline: Option<&'a [f64]>,
    /// Decision time of each row.
    pub times: &'a [i64],
    /// Where the rows of each fold end.
    pub fold_ends: &'a [usize],
}

/// How it is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Resampling {
    /// Least length of a block, in the unit of the times, above 0.
    pub least_block: i64,
    /// How often blocks are drawn.
    pub resamples: u32,
    /// Seed of the draws.
    pub seed: u64,
}

/// What the resamples say.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Length of a block, in the unit of the times.
    pub block: i64,
    /// Of all folds' scores together.
    pub overall: ScoreIntervals,
    /// Of each fold, from draws of its own blocks alone.
    pub folds: Vec<ScoreIntervals>,
    /// Of the skill: the mean over the folds of the model's ROC AUC minus the baseline's, both on the same draw.
    pub skill: Interval,
    /// The chance of a skill at least so far from 0 if the true one were 0; `None` where the interval is unset.
    pub p_value: Option<f64>,
}

/// Draws blocks and measures; the same on any number of threads, in the rayon pool of the caller.
///
/// In a draw a fold counts as much of the mean as its rows were drawn, so that folds of a single block are drawn like blocks;
/// one that lacks a class in the draw is left out. Intervals are unset with fewer than 5 blocks, and where more than 5 % of the
/// draws leave the value undefined.
///
/// Sorts once; a draw costs one pass over the rows for the average precision, and for ROC AUC only one over pairs of blocks.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
///
/// # Panics
/// When labels, scores and times differ in number, or the least block is not above 0.
pub fn intervals(
    tested: Tested<'_>,
    resampling: Resampling,
    control: &Control<'_>,
) -> Result<Found, FitError> {
    assert_eq!(
        tested.labels.len(),
        tested.scores.len(),
        "one score for each label"
    );
    assert_eq!(tested.labels.len(), tested.times.len(), "one time for each label");
    assert!(resampling.least_block > 0, "blocks have a length");
    let blocks = Blocks::of(tested.times, resampling.least_block);
    let classes = Classes {
        tested,
        folds: folds::cut(&tested, &blocks.of_rows),
        blocks: &blocks,
    };
    redraw(&classes, &blocks, resampling, control)
}

/// Scores of classes, cut into blocks and folds.
struct Classes<'a> {
    tested: Tested<'a>,
    folds: Vec<FoldRanks>,
    blocks: &'a Blocks,
}

impl Redrawn for Classes<'_> {
    fn unset(blocks: usize, reason: IntervalUnset) -> ScoreIntervals {
        ScoreIntervals {
            blocks: blocks as u64,
            roc_auc: Interval::Unset(reason),
            average_precision: Interval::Unset(reason),
            regression: None,
        }
    }

    fn whole(&self, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError> {
        let Tested { labels, scores, .. } = self.tested;
        let ranking = Ranking::new(labels, scores, &self.blocks.of_rows, self.blocks.count);
        of_scores(ranking.as_ref(), draws)
    }

    fn fold_blocks(&self) -> Vec<usize> {
        self.folds.iter().map(FoldRanks::blocks).collect()
    }

    fn fold(&self, index: usize, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError> {
        of_scores(self.folds[index].ranking(), draws)
    }

    fn skill(&self, weights: &[f64]) -> Option<f64> {
        folds::skill(&self.folds, weights)
    }
}

/// Intervals of one set of scores.
fn of_scores(ranking: Option<&Ranking>, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError> {
    let Some(ranking) = ranking else {
        return Ok(Classes::unset(draws.blocks, IntervalUnset::Undefined));
    };
    let pairs = ranking.pairs();
    let drawn = draws.each(|weights| (pairs.roc_auc(weights), ranking.average_precision(weights)))?;
    let (aucs, precisions): (Vec<_>, Vec<_>) = drawn.into_iter().unzip();
    Ok(ScoreIntervals {
        blocks: draws.blocks as u64,
        roc_auc: draws.interval(aucs.into_iter()),
        average_precision: draws.interval(precisions.into_iter()),
        regression: None,
    })
}

/// What each resample gives, in their order.
fn resampled<T: Send>(
    resampling: Resampling,
    control: &Control<'_>,
    measure: impl Fn(u64) -> T + Sync,
) -> Result<Vec<T>, FitError> {
    (0..u64::from(resampling.resamples))
        .into_par_iter()
        .map(|nth| control.check().map(|()| measure(nth)))
        .collect()
}

#[cfg(test)]
mod tests;
