//! The first bar of a range that reaches something, found in logarithmic time.

use std::ops::Range;

/// A binary tree over a column, each node with the extreme of its bars. NaN is passed over.
pub(crate) struct FirstReach {
    /// The root is 1, the children of k are 2 k and 2 k + 1, the leaves are the last half.
    nodes: Vec<f64>,
    leaves: usize,
}

impl FirstReach {
    /// Finds values that are high enough.
    pub(crate) fn high(values: &[f64]) -> Self {
        Self::of(values, f64::max)
    }

    /// Finds values that are low enough.
    pub(crate) fn low(values: &[f64]) -> Self {
        Self::of(values, f64::min)
    }

    /// `extreme` of NaN and a number is the number.
    fn of(values: &[f64], extreme: fn(f64, f64) -> f64) -> Self {
        let leaves = values.len().next_power_of_two();
        let mut nodes = vec![f64::NAN; 2 * leaves];
        nodes[leaves..leaves + values.len()].copy_from_slice(values);
        for node in (1..leaves).rev() {
            nodes[node] = extreme(nodes[2 * node], nodes[2 * node + 1]);
        }
        Self { nodes, leaves }
    }

    /// The first bar of `bars` whose value reaches. What holds for a value must hold for every more extreme one, and must
    /// not hold for NaN.
    pub(crate) fn first(&self, bars: Range<usize>, reaches: &impl Fn(f64) -> bool) -> Option<usize> {
        self.below(1, 0..self.leaves, &bars, reaches)
    }

    fn below(
        &self,
        node: usize,
        covers: Range<usize>,
        bars: &Range<usize>,
        reaches: &impl Fn(f64) -> bool,
    ) -> Option<usize> {
        let apart = covers.end <= bars.start || bars.end <= covers.start;
        if apart || !reaches(self.nodes[node]) {
            return None;
        }
        if node >= self.leaves {
            return Some(covers.start);
        }
        let middle = covers.start.midpoint(covers.end);
        let left = self.below(2 * node, covers.start..middle, bars, reaches);
        left.or_else(|| self.below(2 * node + 1, middle..covers.end, bars, reaches))
    }
}
