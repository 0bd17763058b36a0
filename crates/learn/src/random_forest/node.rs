//! What a way to part a node's rows is worth.

use super::draw::{Cell, Tally};
use crate::class_weight::Weights;
use crate::tree::Side;

/// The node that is split.
pub(crate) struct Node {
    tally: Tally,
    weights: Weights,
    min_leaf: u32,
    positive: f64,
    total: f64,
}

/// Ranks the cuts of one node by their gain, fast and in f32.
#[derive(Clone, Copy)]
pub(crate) struct Scorer {
    tally: Tally,
    positive_weight: f32,
    negative_weight: f32,
    share: f32,
}

impl Node {
    pub(crate) fn new(tally: Tally, weights: Weights, min_leaf: u32) -> Self {
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

    pub(crate) fn draws(&self) -> u32 {
        self.tally.draws()
    }

    /// What a split takes from weight x Gini impurity, halved. With P of total weight T positive, p of t on the left, it
    /// is (p - P t / T)^2 T / (t (T - t)). Neither side may be empty.
    pub(crate) fn gain(&self, left: Tally) -> f64 {
        let right = self.tally.without(left);
        let (positive, total) = self.weigh(left);
        let (_, rest) = self.weigh(right);
        let apart = positive * self.total - self.positive * total;
        apart * apart / (self.total * total * rest)
    }

    /// The places of those running tallies that leave enough rows on both sides when `with` goes left too.
    pub(crate) fn allowed<C: Cell>(&self, running: &[C], with: Tally) -> std::ops::Range<usize> {
        let (all, least) = (self.tally.draws(), self.min_leaf);
        let left = |cell: &C| cell.tally().and(with).draws();
        let start = running.partition_point(|cell| left(cell) < least);
        let end = running.partition_point(|cell| all - left(cell) >= least);
        start..end.max(start)
    }

    /// Whether both sides have enough rows when this goes left.
    pub(crate) fn allows(&self, left: Tally) -> bool {
        let least = self.min_leaf.max(1);
        left.draws() >= least && self.tally.draws() - left.draws() >= least
    }

    /// A split has to gain more: what rounding alone makes of a split into two equal shares is less.
    pub(crate) fn least_gain(&self) -> f64 {
        1e-12 * self.positive
    }

    /// A score that is not reached is certain to gain less, whatever f32 rounds.
    pub(crate) fn floor(&self, gain: f64) -> f32 {
        (gain / self.total * 0.999) as f32
    }

    /// The side to which missing values go that training has not seen here: the one with more rows.
    pub(crate) fn larger_side(&self, left: Tally) -> Side {
        if left.draws() >= self.tally.without(left).draws() {
            Side::Left
        } else {
            Side::Right
        }
    }

    pub(crate) fn scorer(&self) -> Scorer {
        Scorer {
            tally: self.tally,
            positive_weight: self.weights.positive as f32,
            negative_weight: self.weights.negative as f32,
            share: (self.positive / self.total) as f32,
        }
    }
}

impl Scorer {
    /// [`Node::gain`] / T. Neither side may be empty. Counts are below 2^31, and signed they can be converted several at a
    /// time.
    #[inline]
    pub(crate) fn score(self, left: Tally) -> f32 {
        let right = self.tally.without(left);
        let positive = left.positives() as i32 as f32 * self.positive_weight;
        let total = positive + left.negatives() as i32 as f32 * self.negative_weight;
        let rest = right.positives() as i32 as f32 * self.positive_weight
            + right.negatives() as i32 as f32 * self.negative_weight;
        let apart = positive - self.share * total;
        apart * apart / (total * rest)
    }
}
