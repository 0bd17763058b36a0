//! Parameters of nearest neighbours.

use crate::Violations;
use serde::{Deserialize, Serialize};

/// More training rows are refused: all of them are kept in the model, and each is looked at for every answer.
pub const MOST_KNN_ROWS: u64 = 20_000;

/// Parameters of [`AlgorithmSpec::Knn`](super::algorithm::AlgorithmSpec::Knn).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnnSpec {
    /// Neighbours whose labels are averaged, 1 to 1,000.
    pub neighbors: u32,
}

impl Default for KnnSpec {
    fn default() -> Self {
        Self { neighbors: 50 }
    }
}

impl KnnSpec {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let neighbors = self.neighbors;
        let field = format!("{prefix}.neighbors");
        found.require((1..=1000).contains(&neighbors), &field, || {
            format!("{neighbors} neighbours; give 1 to 1,000")
        });
        found
    }
}
