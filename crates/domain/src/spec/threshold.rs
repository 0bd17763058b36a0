//! From which probability on the model says yes.

use crate::Violations;
use serde::{Deserialize, Serialize};

/// How the threshold is chosen. Always on scores of rows that the fitted model has not seen, inside the training part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdSpec {
    /// The best F1.
    #[default]
    MaxF1,
    /// The best Matthews correlation.
    MaxMcc,
    /// This probability.
    Fixed(f64),
    /// The highest recall with at least this precision.
    MinPrecision(f64),
    /// The highest precision with at least this recall.
    MinRecall(f64),
}

impl ThresholdSpec {
    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        let (field, value) = match self {
            Self::MaxF1 | Self::MaxMcc => return Violations::new(),
            Self::Fixed(v) => ("fixed", *v),
            Self::MinPrecision(v) => ("min_precision", *v),
            Self::MinRecall(v) => ("min_recall", *v),
        };
        let mut found = Violations::new();
        found.require((0.0..=1.0).contains(&value), &format!("{prefix}.{field}"), || {
            format!("{value} is no probability; give 0 to 1")
        });
        found
    }
}
