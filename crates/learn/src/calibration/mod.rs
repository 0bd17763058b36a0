//! Scores into probabilities: a rising function, fitted on scores of rows that the model had not seen.

mod isotonic;
mod platt;

pub use isotonic::Isotonic;
use mltraining_domain::Calibration;
pub use platt::Platt;
use serde::{Deserialize, Serialize};

/// A fitted calibration. It never changes the order of two scores; an isotonic one may make them equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrator {
    /// See [`Platt`].
    Platt(Platt),
    /// See [`Isotonic`].
    Isotonic(Isotonic),
}

impl Calibrator {
    /// Fits what `spec` asks for on scores (probabilities) of rows that the model had not seen; `labels` are 0 or 1. `None`
    /// when nothing is asked for, a class is missing, a score is NaN, or no rising logistic function fits: scores that tell
    /// the wrong way are not turned round.
    ///
    /// # Panics
    /// When labels and scores differ in number.
    pub fn fit(spec: Calibration, labels: &[u8], scores: &[f64]) -> Option<Self> {
        assert_eq!(labels.len(), scores.len(), "one label for each score");
        let positives = labels.iter().filter(|label| **label != 0).count();
        if positives == 0 || positives == labels.len() || scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        match spec {
            Calibration::None => None,
            Calibration::Platt => Platt::fit(labels, scores).map(Self::Platt),
            Calibration::Isotonic => Some(Self::Isotonic(Isotonic::fit(labels, scores))),
        }
    }

    /// The probability that a score stands for, from 0 to 1; NaN for NaN.
    pub fn apply(&self, score: f64) -> f64 {
        match self {
            Self::Platt(platt) => platt.apply(score),
            Self::Isotonic(isotonic) => isotonic.apply(score),
        }
    }

    /// Lays the function over all of the scores.
    pub fn apply_all(&self, scores: &mut [f64]) {
        scores.iter_mut().for_each(|score| *score = self.apply(*score));
    }

    /// Whether it is one that a fit can give, and not what a broken file says.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Platt(platt) => platt.is_sound(),
            Self::Isotonic(isotonic) => isotonic.is_sound(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::generated;
    use crate::metrics::{Cut, measure};

    const BOTH: [Calibration; 2] = [Calibration::Platt, Calibration::Isotonic];

    #[test]
    fn calibrated_scores_keep_their_order_and_are_nearer_to_what_comes_true() {
        let (labels, scores) = generated();
        let before = measure(&labels, &scores, Cut::None);
        for spec in BOTH {
            let fitted = Calibrator::fit(spec, &labels, &scores).unwrap();
            let mut grid: Vec<f64> = (-2..=12)
                .map(|k| f64::from(k) / 10.0)
                .map(|s| fitted.apply(s))
                .collect();
            assert!(grid.is_sorted(), "{spec:?}");
            grid.retain(|p| !(0.0..=1.0).contains(p));
            assert!(grid.is_empty(), "{spec:?}");
            let after: Vec<f64> = scores.iter().map(|&score| fitted.apply(score)).collect();
            let after = measure(&labels, &after, Cut::None);
            assert!(
                after.brier < before.brier && after.log_loss < before.log_loss,
                "{spec:?}"
            );
            assert!(after.expected_calibration_error < Some(0.05), "{after:?}");
            assert!(fitted.is_sound());
        }
    }

    #[test]
    fn what_cannot_be_fitted_leaves_scores_as_they_are() {
        for spec in BOTH {
            assert_eq!(Calibrator::fit(spec, &[1, 1], &[0.1, 0.9]), None, "one class");
            assert_eq!(Calibrator::fit(spec, &[1, 0], &[f64::NAN, 0.9]), None);
        }
        assert_eq!(Calibrator::fit(Calibration::None, &[0, 1], &[0.1, 0.9]), None);
        let turned = Calibrator::fit(Calibration::Platt, &[1, 1, 0, 0, 1], &[0.1, 0.2, 0.8, 0.9, 0.3]);
        assert_eq!(
            turned, None,
            "scores that tell the wrong way are not turned round"
        );
    }

    #[test]
    fn a_calibration_comes_back_from_json_bit_for_bit() {
        let (labels, scores) = generated();
        for spec in BOTH {
            let fitted = Calibrator::fit(spec, &labels, &scores).unwrap();
            let text = serde_json::to_string(&fitted).unwrap();
            assert_eq!(serde_json::from_str::<Calibrator>(&text).unwrap(), fitted);
        }
    }
}
