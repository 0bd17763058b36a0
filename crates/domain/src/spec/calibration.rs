//! How scores become probabilities.

use serde::{Deserialize, Serialize};

/// What is laid over the model's scores so that they say how often a positive comes. Always fitted on scores of rows that the
/// model had not seen, and kept in the model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// Nothing: scores stay as the learner gives them.
    #[default]
    None,
    /// A logistic function of the score's log odds: two numbers, sure with few rows.
    Platt,
    /// The best rising function: any shape, wants thousands of rows; many scores become one.
    Isotonic,
}

impl Calibration {
    /// Whether scores stay as they are.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}
