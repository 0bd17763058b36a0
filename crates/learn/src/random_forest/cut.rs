//! The best cut of one feature, from running tallies.

use super::draw::{Cell, Tally};
use super::node::Node;

/// Scores that are compared side by side.
const LANES: usize = 8;

/// A cut of one feature's bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// Its place among the running tallies.
    pub(super) place: usize,
    /// What goes left.
    pub(super) left: Tally,
}

/// Makes each cell hold the sum of itself and all before it.
pub(super) fn run_up<C: Cell>(cells: &mut [C]) {
    let mut sum = C::default();
    for cell in cells {
        sum += *cell;
        *cell = sum;
    }
}

/// The cut of the highest score when `with` goes left together with the cells up to the cut. `scores` is scratch.
pub(super) fn best<C: Cell>(node: &Node, running: &[C], with: Tally, scores: &mut [f32; 256]) -> Option<Cut> {
    let scores = &mut scores[..running.len()];
    let scorer = node.scorer();
    for (score, cell) in scores.iter_mut().zip(running) {
        *score = scorer.score(cell.tally().and(with));
    }
    let highest = highest(scores);
    if highest <= 0.0 {
        return None;
    }
    let place = scores.iter().position(|&score| score == highest)?;
    Some(Cut {
        place,
        left: running[place].tally().and(with),
    })
}

/// The largest of the scores, none of which is NaN.
fn highest(scores: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let mut lanes = [0f32; LANES];
    let chunks = scores.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(0.0, larger);
    for chunk in chunks {
        for (lane, &score) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, score);
        }
    }
    lanes.into_iter().fold(rest, larger)
}
