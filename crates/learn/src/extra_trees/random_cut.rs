//! One random cut for each feature that is tried.

use crate::binned::{BinnedMatrix, MISSING};
use crate::random::Random;
use crate::random_forest::draw::{Cell, Draw, Tally, Wide};
use crate::random_forest::node::Node;
use crate::random_forest::search::{Split, SplitSearch};
use crate::tree::Side;

/// Features that are counted in one go over the rows.
const AT_ONCE: usize = 3;

/// Draws one cut between the least and the largest value of a node, uniformly in values as far as bins tell them apart.
pub(crate) struct RandomCut {
    /// By feature, whether any of its values is missing.
    has_missing: Vec<bool>,
}

/// The bins of a node's values, and what is missing.
struct Range {
    least: u8,
    most: u8,
    missing: Tally,
}

impl RandomCut {
    pub(super) fn of(bins: &BinnedMatrix) -> Self {
        let has_missing = |feature| bins.column(feature).contains(&MISSING);
        Self {
            has_missing: (0..bins.features()).map(has_missing).collect(),
        }
    }

    /// A cut between the bins `least` and `most`, which differ: each as likely as the distance to the one below it.
    pub(crate) fn draw(bins: &BinnedMatrix, feature: u16, least: u8, most: u8, random: &mut Random) -> u8 {
        let cut = |bin: u8| f64::from(bins.threshold(usize::from(feature), bin));
        let high = cut(most - 1);
        let low = match (least, most) {
            (0, 1) => return 0,
            (0, _) => 2.0 * cut(0) - cut(1),
            _ => cut(least - 1),
        };
        let value = low + (high - low) * random.unit();
        let (mut from, mut to) = (least, most - 1);
        while from < to {
            let middle = from + (to - from) / 2;
            if cut(middle) < value {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// The least and the largest bin of the node, and a cut between them; `None` when there is nothing to cut.
    fn draw_exactly(
        bins: &BinnedMatrix,
        rows: &[Draw],
        feature: u16,
        random: &mut Random,
    ) -> Option<(u8, Tally)> {
        let range = range(bins.column(usize::from(feature)), rows)?;
        let some_missing = range.missing != Tally::default();
        if range.least == range.most {
            // Values from missing ones: the only way to part them.
            return some_missing.then_some((range.most, range.missing));
        }
        let cut = Self::draw(bins, feature, range.least, range.most, random);
        Some((cut, range.missing))
    }

    fn try_one(
        &self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        feature: u16,
        random: &mut Random,
        best: &mut Option<Split>,
    ) {
        let Some((cut, missing)) = Self::draw_exactly(bins, rows, feature, random) else {
            return;
        };
        let [left] = count([bins.column(usize::from(feature))], [cut], rows);
        consider(node, feature, cut, left, missing, best);
    }
}

impl SplitSearch for RandomCut {
    fn try_features(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        features: &[u16],
        random: &mut Random,
        best: &mut Option<Split>,
    ) {
        for group in features.chunks(AT_ONCE) {
            let (mut columns, mut cuts) = ([bins.column(0); AT_ONCE], [0; AT_ONCE]);
            let guessed = |feature: u16| {
                let feature = usize::from(feature);
                !self.has_missing[feature] && bins.value_bins(feature) > 1
            };
            for ((column, cut), &feature) in columns.iter_mut().zip(&mut cuts).zip(group) {
                if guessed(feature) {
                    *column = bins.column(usize::from(feature));
                    let most = (bins.value_bins(usize::from(feature)) - 1) as u8;
                    *cut = Self::draw(bins, feature, 0, most, random);
                }
            }
            let lefts = match group.len() {
                AT_ONCE => count(columns, cuts, rows),
                2 => {
                    let [a, b] = count([columns[0], columns[1]], [cuts[0], cuts[1]], rows);
                    [a, b, Tally::default()]
                }
                _ => {
                    let [a] = count([columns[0]], [cuts[0]], rows);
                    [a, Tally::default(), Tally::default()]
                }
            };
            for ((&feature, cut), left) in group.iter().zip(cuts).zip(lefts) {
                // A cut outside of the node's own values parts nothing. Drawn again until it lies between them, it would be
                // distributed as one that is drawn between them at once.
                let parts = left != Tally::default() && left.draws() < node.draws();
                if guessed(feature) && parts {
                    consider(node, feature, cut, left, Tally::default(), best);
                } else {
                    self.try_one(bins, rows, node, feature, random, best);
                }
            }
        }
    }
}

/// What lies in bins up to the cut, for several features at once.
#[inline(never)] // alone, its loop keeps everything in registers
fn count<const N: usize>(columns: [&[u8]; N], cuts: [u8; N], rows: &[Draw]) -> [Tally; N] {
    // One length for all: one bounds check per row instead of one per column.
    let length = columns[0].len();
    let columns = columns.map(|column| &column[..length]);
    let mut sums = [Wide::default(); N];
    for &draw in rows {
        let (row, one) = (draw.row(), Wide::of(draw));
        for ((column, &cut), sum) in columns.iter().zip(&cuts).zip(&mut sums) {
            // No branch: which way a row goes cannot be guessed.
            sum.add_if(column[row] <= cut, one);
        }
    }
    sums.map(Wide::tally)
}

/// `None` when the node has no value at all.
fn range(column: &[u8], rows: &[Draw]) -> Option<Range> {
    let (mut least, mut most, mut missing) = (MISSING, 0, Wide::default());
    for &draw in rows {
        let bin = column[draw.row()];
        least = least.min(bin);
        most = most.max(if bin == MISSING { 0 } else { bin });
        missing.add_if(bin == MISSING, Wide::of(draw));
    }
    (least != MISSING).then_some(Range {
        least,
        most,
        missing: missing.tally(),
    })
}

/// Missing values may go to either side.
fn consider(node: &Node, feature: u16, cut: u8, left: Tally, missing: Tally, best: &mut Option<Split>) {
    let known = missing != Tally::default();
    let sides = [(Side::Right, left), (Side::Left, left.and(missing))];
    for &(side, left) in &sides[..1 + usize::from(known)] {
        if node.allows(left) {
            Split::keep_better(best, node, (feature, cut), left, known.then_some(side));
        }
    }
}
