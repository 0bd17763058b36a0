//! The best split of a node.

use super::gradient::{Cell, Scale};
use super::histogram::{Columns, Histogram};
use super::penalty::{Bounds, Penalty};
use super::scan::Scan;
use crate::binned::BinnedMatrix;
use crate::tree::Side;
use mltraining_domain::Monotone;
use rayon::prelude::*;

/// Features that are searched in one go where there are many.
const FEATURES_AT_ONCE: usize = 64;

/// A way to part a node's rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub(super) feature: u16,
    /// Bins up to this one go left.
    pub(super) cut: u8,
    pub(super) missing: Side,
    /// Sums of the rows that go left.
    pub(super) left: Cell,
    /// Score of both sides less that of the node, see [`super::penalty`].
    pub(super) gain: f64,
}

/// What the searches of one tree have in common.
#[derive(Clone, Copy)]
pub(super) struct Searcher<'a> {
    pub(super) bins: &'a BinnedMatrix,
    pub(super) columns: &'a Columns,
    pub(super) scale: Scale,
    pub(super) penalty: Penalty,
    pub(super) min_rows: u32,
    /// By feature; empty when none is constrained.
    pub(super) monotone: &'a [Option<Monotone>],
}

/// The node that is searched.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) rows: &'a [u32],
    pub(super) histogram: &'a Histogram,
    pub(super) total: Cell,
    pub(super) bounds: Bounds,
}

impl Searcher<'_> {
    /// The best split, or `None` when no split gains anything. Of equally good ones that of the first feature.
    pub(super) fn best(&self, node: Question<'_>) -> Option<Split> {
        let mut found = self.of_features(node);
        let mut counted = vec![false; found.len()];
        loop {
            let place = best_place(&found, self.penalty.least_gain)?;
            let split = found[place]?;
            if counted[place] || self.leaves_enough(node.total, split.left) {
                return Some(split);
            }
            // The sums alone do not say that both sides have enough rows: count them, for this feature only.
            counted[place] = true;
            found[place] = self.of_feature(node, place, Some(&self.count(node.rows, split.feature)));
        }
    }

    fn of_features(&self, node: Question<'_>) -> Vec<Option<Split>> {
        let places = 0..self.columns.features().len();
        if places.len() < 2 * FEATURES_AT_ONCE {
            return places.map(|place| self.of_feature(node, place, None)).collect();
        }
        places
            .into_par_iter()
            .with_min_len(FEATURES_AT_ONCE)
            .map(|place| self.of_feature(node, place, None))
            .collect()
    }

    /// The best split on the chosen feature at `place`; with the rows by bin only among those that leave enough on both sides.
    fn of_feature(&self, node: Question<'_>, place: usize, rows: Option<&[u32; 256]>) -> Option<Split> {
        let feature = self.columns.features()[place];
        let scan = self.scan(node.histogram, place, node.total, node.bounds);
        let found = scan.best(rows.map(|rows| (rows, self.min_rows)))?;
        Some(Split {
            feature,
            cut: found.cut,
            missing: found.missing,
            left: found.left,
            gain: found.gain,
        })
    }

    /// The chosen feature at `place` of a node.
    pub(super) fn scan<'h>(
        &self,
        histogram: &'h Histogram,
        place: usize,
        total: Cell,
        bounds: Bounds,
    ) -> Scan<'h> {
        let feature = usize::from(self.columns.features()[place]);
        Scan {
            cells: histogram.of(place),
            bins: self.bins.value_bins(feature),
            total,
            scale: self.scale,
            penalty: self.penalty,
            bounds,
            direction: self.monotone.get(feature).copied().flatten(),
            bounded: !self.monotone.is_empty(),
        }
    }

    fn leaves_enough(&self, total: Cell, left: Cell) -> bool {
        let least = u64::from(self.min_rows);
        let enough = |side| self.scale.rows_at_least(side) >= least;
        least <= 1 || (enough(left) && enough(total - left))
    }

    fn count(&self, rows: &[u32], feature: u16) -> [u32; 256] {
        let column = self.bins.column(usize::from(feature));
        let mut counts = [0; 256];
        for &row in rows {
            counts[usize::from(column[row as usize])] += 1;
        }
        counts
    }

    /// Bounds of both children, so that no value on one side of a constrained cut passes one on the other.
    pub(super) fn bounds(&self, node: Bounds, total: Cell, split: &Split) -> [Bounds; 2] {
        let Some(direction) = self.monotone.get(usize::from(split.feature)).copied().flatten() else {
            return [node; 2];
        };
        let value = |cell| node.clamp(self.penalty.value(self.scale.values(cell)));
        let middle = (value(split.left) + value(total - split.left)) / 2.0;
        let (below, above) = (Bounds { high: middle, ..node }, Bounds { low: middle, ..node });
        match direction {
            Monotone::Increasing => [below, above],
            Monotone::Decreasing => [above, below],
        }
    }
}

/// Where the best split stands, if any gains enough.
fn best_place(found: &[Option<Split>], least_gain: f64) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (place, split) in found.iter().enumerate() {
        let gain = split.map_or(0.0, |split| split.gain);
        if gain > best.map_or(least_gain, |(_, gain)| gain) {
            best = Some((place, gain));
        }
    }
    best.map(|(place, _)| place)
}
