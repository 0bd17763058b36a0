//! The best split of one node.

use super::draw::{Draw, Tally};
use crate::binned::{BinnedMatrix, MISSING};
use crate::class_weight::Weights;
use crate::tree::Side;

/// Tallies by bin.
type Histogram = [u64; 256];

/// A way to part a node's rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub(super) feature: u16,
    /// Bins up to this one go left.
    pub(super) cut: u8,
    pub(super) missing: Side,
    pub(super) left: Tally,
    /// Half of what the split takes from weight x Gini impurity.
    pub(super) gain: f64,
}

/// The node that is split.
pub(super) struct Node {
    tally: Tally,
    weights: Weights,
    min_leaf: u32,
    positive: f64,
    total: f64,
}

/// Memory of the search.
pub(super) struct Search {
    histogram: Histogram,
}

impl Default for Search {
    fn default() -> Self {
        Self { histogram: [0; 256] }
    }
}

impl Node {
    pub(super) fn new(tally: Tally, weights: Weights, min_leaf: u32) -> Self {
        let mut node = Self {
            tally,
            weights,
            min_leaf,
            positive: 0.0,
            total: 0.0,
        };
        (node.positive, node.total) = node.weigh(tally);
        node
    }

    /// Weight of the positives, and of all.
    fn weigh(&self, tally: Tally) -> (f64, f64) {
        let positive = f64::from(tally.positives()) * self.weights.positive;
        (
            positive,
            positive + f64::from(tally.negatives()) * self.weights.negative,
        )
    }

    /// With P of total weight T positive, p of t on the left: weight x Gini falls by 2 (p T - P t)^2 / (T t (T - t)).
    /// Half of it; 0 for a split that parts nothing or leaves too few rows on a side.
    fn gain(&self, left: Tally) -> f64 {
        let right = self.tally.without(left);
        if left.draws() < self.min_leaf || right.draws() < self.min_leaf {
            return 0.0;
        }
        let (positive, total) = self.weigh(left);
        let (_, rest) = self.weigh(right);
        let apart = positive * self.total - self.positive * total;
        apart * apart / (self.total * total * rest)
    }

    fn larger_side(&self, left: Tally) -> Side {
        if left.draws() >= self.tally.without(left).draws() {
            Side::Left
        } else {
            Side::Right
        }
    }
}

impl Search {
    /// Puts the best split over `features` into `best` if it is better than what is there.
    pub(super) fn try_features(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        features: &[u16],
        best: &mut Option<Split>,
    ) {
        for &feature in features {
            self.histogram.fill(0);
            let column = bins.column(usize::from(feature));
            for draw in rows {
                self.histogram[usize::from(column[draw.row()])] += draw.tally().0;
            }
            self.scan(node, feature, bins.value_bins(usize::from(feature)), best);
        }
    }

    fn scan(&self, node: &Node, feature: u16, value_bins: usize, best: &mut Option<Split>) {
        let missing = self.histogram[usize::from(MISSING)];
        let mut left = 0;
        for (cut, tally) in self.histogram[..value_bins].iter().enumerate() {
            left += tally;
            for (side, left) in [(Side::Right, left), (Side::Left, left + missing)] {
                let left = Tally(left);
                let gain = node.gain(left);
                if gain > best.map_or(0.0, |b| b.gain) {
                    let missing = if missing == 0 {
                        node.larger_side(left)
                    } else {
                        side
                    };
                    *best = Some(Split {
                        feature,
                        cut: cut as u8,
                        missing,
                        left,
                        gain,
                    });
                }
            }
        }
    }
}
