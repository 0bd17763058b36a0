//! What a leaf is worth (Chen and Guestrin 2016, "XGBoost", equations 4 to 7, with an L1 term beside L2).
//!
//! With the sums G and H of the first and second derivatives of a leaf's rows, its best value is
//! w = -soft(G) / (H + l2), soft(G) = sign(G) max(|G| - l1, 0), which lowers the penalised loss by
//! score / 2, score = soft(G)^2 / (H + l2). All numbers here are in units of the heaviest row's weight.

use mltraining_domain::GradientBoostingSpec;

/// A split of classes has to gain more, in the same units.
const LEAST_GAIN: f64 = 1e-6;

/// Penalties and what a leaf has to have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Penalty {
    pub(super) l1: f64,
    pub(super) l2: f64,
    /// Least sum of second derivatives.
    pub(super) min_weight: f64,
    /// A split has to gain more.
    pub(super) least_gain: f64,
}

/// Between which a leaf's value has to lie, so that constrained features keep their direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bounds {
    pub(super) const NONE: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    pub(super) fn clamp(self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }
}

impl Penalty {
    /// Those of `spec` when the heaviest row weighs `unit`.
    pub(super) fn of(spec: &GradientBoostingSpec, unit: f64) -> Self {
        Self {
            l1: spec.l1 / unit,
            l2: spec.l2 / unit,
            min_weight: spec.min_child_weight / unit,
            least_gain: LEAST_GAIN,
        }
    }

    /// Those of `spec` for numbers in units of `scale`, whose rows weigh `1 / unit` and vary by `variance`.
    pub(super) fn of_numbers(spec: &GradientBoostingSpec, unit: f64, scale: f64, variance: f64) -> Self {
        Self {
            l1: spec.l1 / (unit * scale),
            least_gain: LEAST_GAIN * variance,
            ..Self::of(spec, unit)
        }
    }

    fn soft(self, gradient: f64) -> f64 {
        gradient.signum() * (gradient.abs() - self.l1).max(0.0)
    }

    /// The best value of a leaf with these sums; 0 where nothing is known.
    pub(super) fn value(self, (gradient, curvature): (f64, f64)) -> f64 {
        let divisor = curvature + self.l2;
        if divisor > 0.0 {
            -self.soft(gradient) / divisor
        } else {
            0.0
        }
    }

    /// Twice what the best value takes from the penalised loss.
    pub(super) fn score(self, (gradient, curvature): (f64, f64)) -> f64 {
        let divisor = curvature + self.l2;
        if divisor > 0.0 {
            self.soft(gradient).powi(2) / divisor
        } else {
            0.0
        }
    }

    /// Twice what this value takes from the penalised loss.
    pub(super) fn score_at(self, (gradient, curvature): (f64, f64), value: f64) -> f64 {
        let penalised = (curvature + self.l2) * value * value + 2.0 * self.l1 * value.abs();
        -(2.0 * gradient * value + penalised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_value_of_a_leaf_has_the_best_score() {
        for (l1, l2) in [(0.0, 1.0), (0.7, 0.0), (0.7, 2.0)] {
            let penalty = Penalty {
                l1,
                l2,
                min_weight: 0.0,
                least_gain: LEAST_GAIN,
            };
            for sums in [(3.0, 2.0), (-3.0, 0.5), (0.2, 1.0), (0.0, 1.0)] {
                let best = penalty.value(sums);
                let score = penalty.score(sums);
                assert!((penalty.score_at(sums, best) - score).abs() < 1e-12);
                for step in [-0.01, 0.01] {
                    assert!(penalty.score_at(sums, best + step) <= score, "{sums:?}");
                }
            }
        }
        let free = Penalty {
            l1: 0.0,
            l2: 0.0,
            min_weight: 0.0,
            least_gain: LEAST_GAIN,
        };
        assert_eq!((free.value((0.0, 0.0)), free.score((1.0, 0.0))), (0.0, 0.0));
    }
}
