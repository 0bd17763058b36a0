//! Parameters of naive Bayes.

use super::algorithm::{ClassWeight, check_class_weight};
use crate::Violations;
use serde::{Deserialize, Serialize};

/// Parameters of [`AlgorithmSpec::GaussianNb`](super::algorithm::AlgorithmSpec::GaussianNb).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GaussianNbSpec {
    /// What is added to each variance, as a share of the feature's own over all rows; above 0, at most 1.
    pub smoothing: f64,
    /// Class weights: they move the odds before any feature is looked at.
    pub class_weight: ClassWeight,
}

impl Default for GaussianNbSpec {
    fn default() -> Self {
        Self {
            smoothing: 1e-9,
            class_weight: ClassWeight::None,
        }
    }
}

impl GaussianNbSpec {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let good = (1e-12..=1.0).contains(&self.smoothing);
        found.require(good, &format!("{prefix}.smoothing"), || {
            format!("{} is no share; give 1e-12 to 1", self.smoothing)
        });
        check_class_weight(&mut found, prefix, self.class_weight);
        found
    }
}
