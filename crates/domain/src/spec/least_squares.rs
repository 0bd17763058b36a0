//! Parameters of the linear models of numbers.

use crate::Violations;
use serde::{Deserialize, Serialize};

/// Parameters of [`AlgorithmSpec::Ridge`](super::algorithm::AlgorithmSpec::Ridge).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RidgeSpec {
    /// Strength of the L2 penalty on standardised weights: minimises sum of squared errors + l2 * |w|^2, as scikit-learn's `alpha`.
    pub l2: f64,
}

/// Parameters of [`AlgorithmSpec::ElasticNet`](super::algorithm::AlgorithmSpec::ElasticNet).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElasticNetSpec {
    /// Strength of both penalties on standardised weights, as a share of the label's standard deviation: minimises mean squared
    /// error / 2 + penalty * (l1_share * |w|_1 + (1 - l1_share) / 2 * |w|^2) of the standardised label.
    pub penalty: f64,
    /// Share of the L1 penalty, which makes weights 0; from 0 to 1.
    pub l1_share: f64,
    /// Passes over all weights, 1 to 10,000.
    pub max_iterations: u32,
    /// Stops when no weight of a pass changes by more, in standard deviations of the label.
    pub tolerance: f64,
}

impl Default for RidgeSpec {
    fn default() -> Self {
        Self { l2: 1.0 }
    }
}

impl Default for ElasticNetSpec {
    fn default() -> Self {
        Self {
            penalty: 0.01,
            l1_share: 0.5,
            max_iterations: 1000,
            tolerance: 1e-6,
        }
    }
}

impl RidgeSpec {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let good = self.l2.is_finite() && self.l2 >= 0.0;
        found.require(good, &format!("{prefix}.l2"), || {
            format!("{} is no penalty; give 0 or more", self.l2)
        });
        found
    }
}

impl ElasticNetSpec {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let good = self.penalty.is_finite() && self.penalty >= 0.0;
        found.require(good, &format!("{prefix}.penalty"), || {
            format!("{} is no penalty; give 0 or more", self.penalty)
        });
        let share = (0.0..=1.0).contains(&self.l1_share);
        found.require(share, &format!("{prefix}.l1_share"), || {
            format!("{} is no share; give 0 to 1", self.l1_share)
        });
        let iterations = self.max_iterations;
        let field = format!("{prefix}.max_iterations");
        found.require((1..=10_000).contains(&iterations), &field, || {
            format!("{iterations} iterations; give 1 to 10,000")
        });
        let tolerance = self.tolerance > 0.0 && self.tolerance < 1.0;
        found.require(tolerance, &format!("{prefix}.tolerance"), || {
            format!("{} must lie between 0 and 1", self.tolerance)
        });
        found
    }
}
