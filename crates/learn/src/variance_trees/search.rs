//! The best split of one node.

use super::draw::{Draw, Sums};
use crate::binned::{BinnedMatrix, MISSING};
use crate::random::Random;
use crate::tree::Side;

/// Nodes of fewer rows remember which bins they have filled; others look at all.
const SMALL: usize = 200;

/// The node that is split.
pub(crate) struct Node {
    pub(super) sums: Sums,
    min_leaf: u32,
    /// A split has to gain more: less is what rounding makes of a split that gains nothing.
    least_gain: f64,
}

/// A way to part a node's rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(super) feature: u16,
    /// Bins up to this one go left.
    pub(super) cut: u8,
    pub(super) missing: Side,
    pub(super) left: Sums,
    /// What it takes from the squared error, in squared units of the numbers.
    pub(super) gain: f64,
}

/// A way to look for a node's split.
pub(crate) trait SplitSearch {
    /// Puts the best split on `feature` into `best` if it is better than what is there.
    fn try_feature(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        feature: u16,
        random: &mut Random,
        best: &mut Option<Split>,
    );
}

/// Looks at every cut of a feature; the memory for it.
pub(crate) struct EveryCut {
    /// All 0 between two uses.
    cells: [Sums; 256],
    running: Vec<(u8, Sums)>,
}

impl Default for EveryCut {
    fn default() -> Self {
        Self {
            cells: [Sums::default(); 256],
            running: Vec::with_capacity(256),
        }
    }
}

impl Node {
    /// `None` when all its numbers are the same.
    pub(super) fn of(rows: &[Draw], sums: Sums, min_leaf: u32) -> Option<Self> {
        let mean = sums.mean();
        let (mut error, mut differ) = (0.0, false);
        let first = rows.first()?.number();
        for draw in rows {
            let number = draw.number();
            differ |= number != first;
            let apart = number as f64 - mean;
            error += f64::from(draw.times) * apart * apart;
        }
        differ.then_some(Self {
            sums,
            min_leaf: min_leaf.max(1),
            least_gain: 1e-12 * error,
        })
    }

    /// What a split takes from the squared error. With the sum S over N draws, s of n on the left, it is
    /// (s - S n / N)^2 N / (n (N - n)). Neither side may be empty.
    fn gain(&self, left: Sums) -> f64 {
        let (all, part) = (f64::from(self.sums.draws), f64::from(left.draws));
        let apart = left.sum as f64 - self.sums.sum as f64 * (part / all);
        apart * apart * all / (part * (all - part))
    }

    /// Puts a split into `best` if both sides have enough rows and it gains more than what is there. Missing values go to the side
    /// that was looked at with them; to the one with more rows where there were none.
    pub(super) fn keep_better(
        &self,
        best: &mut Option<Split>,
        (feature, cut): (u16, u8),
        left: Sums,
        missing: Option<Side>,
    ) {
        let right = self.sums.without(left).draws;
        if left.draws < self.min_leaf || right < self.min_leaf {
            return;
        }
        let gain = self.gain(left);
        if gain <= best.map_or(self.least_gain, |split| split.gain) {
            return;
        }
        let larger = if left.draws >= right {
            Side::Left
        } else {
            Side::Right
        };
        *best = Some(Split {
            feature,
            cut,
            missing: missing.unwrap_or(larger),
            left,
            gain,
        });
    }
}

impl EveryCut {
    /// Sums up the rows by bin, and says which bins have any.
    fn fill(&mut self, column: &[u8], rows: &[Draw]) -> [u64; 4] {
        let mut present = [0u64; 4];
        let mut mark = |bin: u8| present[usize::from(bin >> 6)] |= 1 << (bin & 63);
        if rows.len() < SMALL {
            for draw in rows {
                let bin = column[draw.row as usize];
                self.cells[usize::from(bin)].add(*draw);
                mark(bin);
            }
            return present;
        }
        for draw in rows {
            self.cells[usize::from(column[draw.row as usize])].add(*draw);
        }
        let filled = (0..=u8::MAX).filter(|bin| self.cells[usize::from(*bin)].draws > 0);
        filled.for_each(mark);
        present
    }
}

impl SplitSearch for EveryCut {
    fn try_feature(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        feature: u16,
        _: &mut Random,
        best: &mut Option<Split>,
    ) {
        let mut present = self.fill(bins.column(usize::from(feature)), rows);
        let missing = std::mem::take(&mut self.cells[usize::from(MISSING)]);
        present[3] &= !(1 << 63);
        self.running.clear();
        let mut sums = Sums::default();
        for (word, mut bits) in present.into_iter().enumerate() {
            while bits != 0 {
                let bin = (word as u8) << 6 | bits.trailing_zeros() as u8;
                bits &= bits - 1;
                sums = sums.and(std::mem::take(&mut self.cells[usize::from(bin)]));
                self.running.push((bin, sums));
            }
        }
        let known = missing.draws > 0;
        let sides = [(Side::Right, Sums::default()), (Side::Left, missing)];
        for (side, with) in &sides[..1 + usize::from(known)] {
            for (bin, left) in &self.running {
                node.keep_better(best, (feature, *bin), left.and(*with), known.then_some(*side));
            }
        }
    }
}
