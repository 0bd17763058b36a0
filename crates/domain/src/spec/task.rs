//! What kind of thing is foreseen.

use serde::{Deserialize, Serialize};

/// What kind of thing a label is, which decides who can learn it and how it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of two classes: models give a probability.
    Binary,
    /// A number: models give a number.
    Regression,
}
