//! What a training row counts.

use serde::{Deserialize, Serialize};

/// How training rows are weighed against each other, apart from their class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleWeight {
    /// Each row counts 1.
    #[default]
    None,
    /// A row counts its average uniqueness among the training rows of its entity: of n labels that are open at a moment each
    /// has 1 / n of it. A thousand rows that each look an hour ahead are no thousand independent ones.
    Uniqueness,
}

impl SampleWeight {
    /// Whether rows are not weighed.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}
