//! What intervals of classes and of numbers share: blocks are drawn for all rows together and for each fold by itself.

use super::blocks::Blocks;
use super::interval::Resampled;
use super::{FEWEST_BLOCKS, Found, Resampling, draw, resampled};
use crate::control::Control;
use crate::fit::FitError;
use mltraining_domain::{Interval, IntervalUnset, ScoreIntervals};

/// What can be measured on blocks drawn anew.
pub(super) trait Redrawn: Sync {
    /// All intervals unset for one reason.
    fn unset(blocks: usize, reason: IntervalUnset) -> ScoreIntervals;

    /// Of all rows together.
    fn whole(&self, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError>;

    /// The number of blocks that each fold has.
    fn fold_blocks(&self) -> Vec<usize>;

    /// Of one fold, on draws of its own blocks.
    fn fold(&self, index: usize, draws: &Draws<'_>) -> Result<ScoreIntervals, FitError>;

    /// What is added to the baseline, on a draw of all blocks; `None` where it is undefined.
    fn skill(&self, weights: &[f64]) -> Option<f64>;
}

/// The draws of one stream.
pub(super) struct Draws<'a> {
    resampling: Resampling,
    stream: u64,
    /// How many blocks are drawn from.
    pub(super) blocks: usize,
    control: &'a Control<'a>,
}

impl Draws<'_> {
    /// What each draw gives, in their order.
    pub(super) fn each<T: Send>(&self, measure: impl Fn(&[f64]) -> T + Sync) -> Result<Vec<T>, FitError> {
        resampled(self.resampling, self.control, |nth| {
            let weights = draw::weights(self.resampling.seed, self.stream, nth, self.blocks);
            measure(&weights)
        })
    }

    /// The interval of a value of all draws.
    pub(super) fn interval(&self, values: impl ExactSizeIterator<Item = Option<f64>>) -> Interval {
        match Resampled::new(values, self.blocks) {
            Ok(resampled) => resampled.interval(),
            Err(reason) => Interval::Unset(reason),
        }
    }
}

/// Draws blocks and measures: all rows on the first stream, each fold on one of its own.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
pub(super) fn redraw<R: Redrawn>(
    rows: &R,
    blocks: &Blocks,
    resampling: Resampling,
    control: &Control<'_>,
) -> Result<Found, FitError> {
    let draws = |stream, blocks| Draws {
        resampling,
        stream,
        blocks,
        control,
    };
    let mut found = Found {
        block: blocks.length,
        overall: R::unset(blocks.count, IntervalUnset::TooFewBlocks),
        folds: Vec::new(),
        skill: Interval::Unset(IntervalUnset::TooFewBlocks),
        p_value: None,
    };
    if blocks.count >= FEWEST_BLOCKS {
        let draws = draws(0, blocks.count);
        found.overall = rows.whole(&draws)?;
        let skills = draws.each(|weights| rows.skill(weights))?;
        match Resampled::new(skills.into_iter(), blocks.count) {
            Ok(skills) => {
                found.skill = skills.interval();
                found.p_value = Some(skills.p_value());
            }
            Err(reason) => found.skill = Interval::Unset(reason),
        }
    }
    for (index, count) in rows.fold_blocks().into_iter().enumerate() {
        found.folds.push(match count < FEWEST_BLOCKS {
            true => R::unset(count, IntervalUnset::TooFewBlocks),
            false => rows.fold(index, &draws(index as u64 + 1, count))?,
        });
    }
    Ok(found)
}
