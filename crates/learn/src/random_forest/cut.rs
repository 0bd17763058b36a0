//! The best cut of one feature, from running tallies.

use super::draw::{Cell, Tally};
use super::histogram::Histogram;
use super::node::Node;
use crate::largest::{LANES, largest};

/// A cut of one feature's bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// Its place among the running tallies.
    pub(super) place: usize,
    /// What goes left.
    pub(super) left: Tally,
}

/// Makes each cell hold the sum of itself and all before it, in several histograms side by side.
pub(super) fn run_up<C: Cell, const N: usize>(histograms: &mut [Histogram<C>; N]) {
    let mut sums = [C::default(); N];
    for bin in 0..256 {
        for (sum, histogram) in sums.iter_mut().zip(histograms.iter_mut()) {
            *sum += histogram[bin];
            histogram[bin] = *sum;
        }
    }
}

/// The cut of the highest score above `floor`, when `with` goes left together with the cells up to the cut. `scores` is
/// scratch.
pub(super) fn best<C: Cell>(
    node: &Node,
    running: &[C],
    with: Tally,
    floor: f32,
    scores: &mut [f32; 256],
) -> Option<Cut> {
    let allowed = node.allowed(running, with);
    let first = allowed.start;
    let running = &running[allowed];
    let scores = &mut scores[..running.len()];
    let scorer = node.scorer();
    for (score, cell) in scores.iter_mut().zip(running) {
        *score = scorer.score(cell.tally().and(with));
    }
    let highest = largest(scores);
    if highest <= floor {
        return None;
    }
    let place = position(scores, highest)?;
    Some(Cut {
        place: first + place,
        left: running[place].tally().and(with),
    })
}

/// The first place of `score`, found by steps of several.
fn position(scores: &[f32], score: f32) -> Option<usize> {
    let chunk = scores
        .chunks(2 * LANES)
        .position(|chunk| chunk.iter().fold(false, |found, &s| found | (s == score)))?;
    let start = chunk * 2 * LANES;
    scores[start..]
        .iter()
        .position(|&s| s == score)
        .map(|place| start + place)
}
