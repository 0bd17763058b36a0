//! Two numbers: Platt 1999, "Probabilistic outputs for support vector machines".

use crate::functions::{ln, logistic, logistic_and_softplus};
use serde::{Deserialize, Serialize};

/// Newton needs fewer than ten steps.
const STEPS: usize = 100;
/// Keeps the Hessian positive definite.
const RIDGE: f64 = 1e-12;

/// P(positive) = 1 / (1 + exp(-(slope x + intercept))), x being the log odds of the score, clipped at 1e-6: a learner whose
/// probabilities are right keeps them (slope 1, intercept 0).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Above 0.
    pub slope: f64,
    /// In log odds.
    pub intercept: f64,
}

impl Platt {
    /// Scores are held this far from 0 and 1, where log odds end.
    pub const CLIP: f64 = 1e-6;

    /// Newton with backtracking on the cross entropy (Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs"), with
    /// Platt's targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2), which keep few rows from being sure. `None` when the best
    /// function does not rise.
    pub(super) fn fit(labels: &[u8], scores: &[f64]) -> Option<Self> {
        let positives = labels.iter().filter(|label| **label != 0).count() as f64;
        let negatives = labels.len() as f64 - positives;
        let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
        let rows: Vec<(f64, f64)> = labels
            .iter()
            .zip(scores)
            .map(|(&label, &score)| (log_odds(score), if label != 0 { high } else { low }))
            .collect();
        let mut at = Self {
            slope: 0.0,
            intercept: ln((positives + 1.0) / (negatives + 1.0)),
        };
        let mut loss = at.loss(&rows);
        for _ in 0..STEPS {
            let (slope, intercept, promised) = at.step(&rows);
            if promised < 1e-12 * rows.len() as f64 {
                break;
            }
            let mut length = 1.0;
            loop {
                let next = Self {
                    slope: at.slope + length * slope,
                    intercept: at.intercept + length * intercept,
                };
                let reached = next.loss(&rows);
                if reached <= loss - 1e-4 * length * promised {
                    (at, loss) = (next, reached);
                    break;
                }
                length /= 2.0;
                if length < 1e-10 {
                    return at.rising();
                }
            }
        }
        at.rising()
    }

    fn rising(self) -> Option<Self> {
        self.is_sound().then_some(self)
    }

    /// Newton's step, and the square of what it lowers the loss by to first order.
    fn step(&self, rows: &[(f64, f64)]) -> (f64, f64, f64) {
        let (mut gs, mut gi, mut hss, mut hsi, mut hii) = (0.0, 0.0, RIDGE, 0.0, RIDGE);
        for &(x, target) in rows {
            let p = logistic(self.slope * x + self.intercept);
            let (off, weight) = (target - p, p * (1.0 - p));
            gs += off * x;
            gi += off;
            hss += weight * x * x;
            hsi += weight * x;
            hii += weight;
        }
        let determinant = hss * hii - hsi * hsi;
        let slope = (hii * gs - hsi * gi) / determinant;
        let intercept = (hss * gi - hsi * gs) / determinant;
        (slope, intercept, slope * gs + intercept * gi)
    }

    /// Cross entropy, written so that no exponential overflows.
    fn loss(&self, rows: &[(f64, f64)]) -> f64 {
        let one = |&(x, target): &(f64, f64)| {
            let z = self.slope * x + self.intercept;
            logistic_and_softplus(z).1 - target * z
        };
        rows.iter().map(one).sum()
    }

    pub(super) fn apply(&self, score: f64) -> f64 {
        logistic(self.slope * log_odds(score) + self.intercept)
    }

    pub(super) fn is_sound(&self) -> bool {
        self.slope.is_finite() && self.slope > 0.0 && self.intercept.is_finite()
    }
}

fn log_odds(score: f64) -> f64 {
    let p = score.clamp(Platt::CLIP, 1.0 - Platt::CLIP);
    ln(p / (1.0 - p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Labels drawn with the probability that `truth` says of a score.
    fn drawn(truth: impl Fn(f64) -> f64) -> (Vec<u8>, Vec<f64>) {
        let mut random = Random::of(5, 0);
        (0..50_000)
            .map(|_| {
                let score = 0.02 + 0.96 * random.unit();
                (u8::from(random.unit() < truth(score)), score)
            })
            .unzip()
    }

    #[test]
    fn probabilities_that_are_right_stay_as_they_are() {
        let (labels, scores) = drawn(|score| score);
        let found = Platt::fit(&labels, &scores).unwrap();
        assert!(
            (found.slope - 1.0).abs() < 0.03 && found.intercept.abs() < 0.03,
            "{found:?}"
        );
    }

    #[test]
    fn the_two_numbers_of_a_known_truth_are_found() {
        let truth = Platt {
            slope: 0.5,
            intercept: -1.5,
        };
        let (labels, scores) = drawn(|score| truth.apply(score));
        let found = Platt::fit(&labels, &scores).unwrap();
        assert!(
            (found.slope - 0.5).abs() < 0.03 && (found.intercept + 1.5).abs() < 0.03,
            "{found:?}"
        );
    }

    #[test]
    fn at_the_optimum_no_step_is_left_and_classes_that_are_apart_stay_finite() {
        let labels = [0, 0, 0, 1, 1, 1];
        let found = Platt::fit(&labels, &[0.1, 0.2, 0.3, 0.7, 0.8, 0.9]).unwrap();
        assert!(found.apply(0.2) < 0.3 && found.apply(0.8) > 0.7);
        let sure = found.apply(1.0);
        assert!(sure < 1.0 && found.apply(0.0) > 0.0, "{sure}");
    }
}
