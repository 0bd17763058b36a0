//! The best cut of one feature, from its cells.

use super::gradient::{Cell, Scale};
use super::penalty::{Bounds, Penalty};
use crate::binned::MISSING;
use crate::largest::largest;
use crate::tree::Side;
use mltraining_domain::Monotone;
use std::ops::Range;

/// One feature of one node.
pub(super) struct Scan<'a> {
    pub(super) cells: &'a [Cell; 256],
    /// Bins of values.
    pub(super) bins: usize,
    /// All rows of the node.
    pub(super) total: Cell,
    pub(super) scale: Scale,
    pub(super) penalty: Penalty,
    pub(super) bounds: Bounds,
    pub(super) direction: Option<Monotone>,
    /// Whether bounds and direction have to be looked at.
    pub(super) bounded: bool,
}

/// Sums up to each bin, apart, so that several are turned into floating numbers at once.
struct Running {
    gradients: [i32; 256],
    curvatures: [i32; 256],
}

impl Running {
    fn at(&self, bin: usize) -> Cell {
        Cell::new(self.gradients[bin], self.curvatures[bin])
    }
}

/// A cut.
pub(super) struct Cut {
    pub(super) cut: u8,
    pub(super) missing: Side,
    pub(super) left: Cell,
    pub(super) gain: f64,
}

impl Scan<'_> {
    /// The cut of the highest gain; missing values may go to either side, where there are none they go where the rows have the
    /// greater sum of second derivatives. With rows by bin and a least number of them: only cuts that leave so many on both
    /// sides.
    pub(super) fn best(&self, rows: Option<(&[u32; 256], u32)>) -> Option<Cut> {
        let known = self.cells[usize::from(MISSING)] != Cell::default();
        let mut best: Option<Cut> = None;
        for &side in &[Side::Right, Side::Left][..1 + usize::from(known)] {
            let running = self.running(side);
            let allowed = match rows {
                None => 0..self.bins,
                Some((rows, least)) => self.allowed(rows, least, side),
            };
            let Some((place, gain)) = self.highest(&running, allowed) else {
                continue;
            };
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                let left = running.at(place);
                best = Some(Cut {
                    cut: place as u8,
                    missing: if known { side } else { self.larger_side(left) },
                    left,
                    gain,
                });
            }
        }
        best
    }

    /// What goes left by this cut.
    pub(super) fn left(&self, cut: usize, missing: Side) -> Cell {
        self.running(missing).at(cut)
    }

    /// Adds the gain of each cut to `gains`.
    pub(super) fn add_gains(&self, missing: Side, gains: &mut [f64]) {
        let mut scores = [0f32; 256];
        let scores = &mut scores[..gains.len()];
        self.scores(&self.running(missing), 0..gains.len(), scores);
        let own = self.penalty.score(self.scale.values(self.total));
        for (gain, &score) in gains.iter_mut().zip(scores.iter()) {
            if score > 0.0 {
                *gain += f64::from(score) - own;
            }
        }
    }

    /// Sums of the cells up to each bin, and of missing values where they go left.
    fn running(&self, missing: Side) -> Running {
        let mut running = Running {
            gradients: [0; 256],
            curvatures: [0; 256],
        };
        let mut sum = match missing {
            Side::Left => self.cells[usize::from(MISSING)],
            Side::Right => Cell::default(),
        };
        for (bin, &cell) in self.cells[..self.bins].iter().enumerate() {
            sum += cell;
            running.gradients[bin] = sum.gradient();
            running.curvatures[bin] = sum.curvature();
        }
        running
    }

    fn larger_side(&self, left: Cell) -> Side {
        if left.curvature() >= (self.total - left).curvature() {
            Side::Left
        } else {
            Side::Right
        }
    }

    /// Cuts with enough rows on both sides.
    fn allowed(&self, rows: &[u32; 256], least: u32, side: Side) -> Range<usize> {
        let missing = rows[usize::from(MISSING)];
        let all: u32 = rows[..self.bins].iter().sum::<u32>() + missing;
        let mut left = if side == Side::Left { missing } else { 0 };
        let (mut start, mut end) = (0, 0);
        for (bin, count) in rows[..self.bins].iter().enumerate() {
            left += count;
            start += usize::from(left < least);
            if all - left >= least {
                end = bin + 1;
            }
        }
        start..end.max(start)
    }

    /// Place and gain of the best of these cuts; `None` when none is allowed.
    fn highest(&self, running: &Running, allowed: Range<usize>) -> Option<(usize, f64)> {
        if self.bounded {
            let better = |best: Option<(usize, f64)>, (place, gain): (usize, f64)| match best {
                Some((_, found)) if gain <= found => best,
                _ => Some((place, gain)),
            };
            return allowed
                .filter_map(|place| Some((place, self.bounded_gain(running.at(place))?)))
                .fold(None, better);
        }
        let mut scores = [0f32; 256];
        let scores = &mut scores[..allowed.len()];
        self.scores(running, allowed.clone(), scores);
        let highest = largest(scores);
        let place = (highest > 0.0)
            .then(|| scores.iter().position(|&score| score == highest))
            .flatten()?;
        let place = allowed.start + place;
        Some((place, self.gain(running.at(place))))
    }

    /// Scores of both sides together, fast and in f32; 0 where a side has too little.
    fn scores(&self, running: &Running, cuts: Range<usize>, scores: &mut [f32]) {
        let (gradient_unit, curvature_unit) = self.scale.units();
        let (l1, l2) = (self.penalty.l1 as f32, self.penalty.l2 as f32);
        let least = self.penalty.min_weight as f32;
        let total = (
            self.total.gradient() as f32 * gradient_unit,
            self.total.curvature() as f32 * curvature_unit,
        );
        let sums = running.gradients[cuts.clone()]
            .iter()
            .zip(&running.curvatures[cuts]);
        for (score, (&gradient, &curvature)) in scores.iter_mut().zip(sums) {
            let gradient = gradient as f32 * gradient_unit;
            let curvature = curvature as f32 * curvature_unit;
            let (other_gradient, other_curvature) = (total.0 - gradient, total.1 - curvature);
            let soft = (gradient.abs() - l1).max(0.0);
            let other_soft = (other_gradient.abs() - l1).max(0.0);
            let (a, b) = (curvature + l2, other_curvature + l2);
            let both = (soft * soft * b + other_soft * other_soft * a) / (a * b);
            // A side without any curvature divides by nothing where no penalty stands in for it.
            let enough = (curvature >= least) & (other_curvature >= least) & (a > 0.0) & (b > 0.0);
            *score = if enough { both } else { 0.0 };
        }
    }

    fn gain(&self, left: Cell) -> f64 {
        let score = |cell| self.penalty.score(self.scale.values(cell));
        score(left) + score(self.total - left) - score(self.total)
    }

    /// The gain with values within the bounds; `None` when a side has too little or the direction is not kept.
    fn bounded_gain(&self, left: Cell) -> Option<f64> {
        let (left, right) = (self.scale.values(left), self.scale.values(self.total - left));
        if left.1 < self.penalty.min_weight || right.1 < self.penalty.min_weight {
            return None;
        }
        let value = |sums| self.bounds.clamp(self.penalty.value(sums));
        let keeps = match self.direction {
            None => true,
            Some(Monotone::Increasing) => value(left) <= value(right),
            Some(Monotone::Decreasing) => value(left) >= value(right),
        };
        let score = |sums| self.penalty.score_at(sums, value(sums));
        keeps.then(|| score(left) + score(right) - score(self.scale.values(self.total)))
    }
}
