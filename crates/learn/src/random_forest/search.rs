//! The best split of one node over some features.

use super::cut::{self, Cut};
use super::draw::{Cell, Draw, Narrow, Tally, Wide};
use super::histogram::{AT_ONCE, Histogram, fill};
use super::node::Node;
use super::occupied::Occupied;
use crate::binned::{BinnedMatrix, MISSING};
use crate::random::Random;
use crate::tree::Side;

/// Nodes of fewer rows look at occupied bins only.
const SMALL: usize = 200;

/// A way to part a node's rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: u16,
    /// Bins up to this one go left.
    pub(crate) cut: u8,
    pub(crate) missing: Side,
    pub(crate) left: Tally,
    /// See [`Node::gain`].
    pub(crate) gain: f64,
}

impl Split {
    /// Puts a split into `best` if it gains more than what is there. Missing values go to the side that was looked at with them;
    /// to the one with more rows where there were none.
    pub(crate) fn keep_better(
        best: &mut Option<Self>,
        node: &Node,
        (feature, cut): (u16, u8),
        left: Tally,
        missing: Option<Side>,
    ) {
        let gain = node.gain(left);
        if gain > best.map_or(node.least_gain(), |split| split.gain) {
            *best = Some(Self {
                feature,
                cut,
                missing: missing.unwrap_or_else(|| node.larger_side(left)),
                left,
                gain,
            });
        }
    }
}

/// A way to look for a node's split.
pub(crate) trait SplitSearch {
    /// Puts the best split over `features` into `best` if it is better than what is there.
    fn try_features(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        features: &[u16],
        random: &mut Random,
        best: &mut Option<Split>,
    );
}

/// Looks at every cut of a feature; the memory for it.
pub(crate) struct Search {
    wide: [Histogram<Wide>; AT_ONCE],
    narrow: [Histogram<Narrow>; AT_ONCE],
    occupied: Occupied,
    scores: [f32; 256],
}

impl Default for Search {
    fn default() -> Self {
        Self {
            wide: [[Wide::default(); 256]; AT_ONCE],
            narrow: [[Narrow::default(); 256]; AT_ONCE],
            occupied: Occupied::default(),
            scores: [0.0; 256],
        }
    }
}

impl SplitSearch for Search {
    fn try_features(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        features: &[u16],
        _random: &mut Random,
        best: &mut Option<Split>,
    ) {
        let mut trial = Trial {
            bins,
            rows,
            node,
            scores: &mut self.scores,
            best,
        };
        if rows.len() < SMALL {
            trial.small(features, &mut self.occupied);
        } else if node.draws() <= u32::from(u16::MAX) {
            trial.large(features, &mut self.narrow);
        } else {
            trial.large(features, &mut self.wide);
        }
    }
}

/// One node's search under way.
struct Trial<'a> {
    bins: &'a BinnedMatrix,
    rows: &'a [Draw],
    node: &'a Node,
    scores: &'a mut [f32; 256],
    best: &'a mut Option<Split>,
}

impl Trial<'_> {
    fn small(&mut self, features: &[u16], occupied: &mut Occupied) {
        for &feature in features {
            let column = self.bins.column(usize::from(feature));
            let (cells, bins, missing) = occupied.count(column, self.rows);
            self.consider(feature, cells, missing, |cut| bins[cut]);
        }
    }

    fn large<C: Cell>(&mut self, features: &[u16], histograms: &mut [Histogram<C>; AT_ONCE]) {
        for group in features.chunks(AT_ONCE) {
            let mut columns = [self.bins.column(0); AT_ONCE];
            for (column, &feature) in columns.iter_mut().zip(group) {
                *column = self.bins.column(usize::from(feature));
            }
            fill(&columns[..group.len()], self.rows, histograms);
            // What a larger group left behind would be summed up again and again, and overflow.
            histograms[group.len()..].fill([C::default(); 256]);
            let missing = histograms
                .each_mut()
                .map(|histogram| std::mem::take(&mut histogram[usize::from(MISSING)]));
            cut::run_up(histograms);
            for ((histogram, &feature), missing) in histograms.iter().zip(group).zip(missing) {
                let running = &histogram[..self.bins.value_bins(usize::from(feature))];
                self.consider(feature, running, missing, |cut| cut as u8);
            }
        }
    }

    /// Missing values may go to either side.
    fn consider<C: Cell>(&mut self, feature: u16, running: &[C], missing: C, bin: impl Fn(usize) -> u8) {
        let missing = missing.tally();
        let known = missing != Tally::default();
        let sides = [(Side::Right, Tally::default()), (Side::Left, missing)];
        for &(side, with) in &sides[..1 + usize::from(known)] {
            let floor = self.best.map_or(0.0, |split| self.node.floor(split.gain));
            let Some(Cut { place, left }) = cut::best(self.node, running, with, floor, self.scores) else {
                continue;
            };
            let missing = known.then_some(side);
            Split::keep_better(self.best, self.node, (feature, bin(place)), left, missing);
        }
    }
}
