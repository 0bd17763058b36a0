//! Parameters of a single tree.

use super::algorithm::{ClassWeight, check_class_weight};
use crate::Violations;
use serde::{Deserialize, Serialize};

/// Parameters of [`AlgorithmSpec::DecisionTree`](super::algorithm::AlgorithmSpec::DecisionTree).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionTreeSpec {
    /// 1 to 64.
    pub max_depth: u32,
    /// 1 or more.
    pub min_samples_leaf: u32,
    /// Class weights.
    pub class_weight: ClassWeight,
}

impl Default for DecisionTreeSpec {
    fn default() -> Self {
        Self {
            max_depth: 5,
            min_samples_leaf: 20,
            class_weight: ClassWeight::None,
        }
    }
}

impl DecisionTreeSpec {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let depth = self.max_depth;
        found.require((1..=64).contains(&depth), &format!("{prefix}.max_depth"), || {
            format!("{depth} is no depth; give 1 to 64")
        });
        let field = format!("{prefix}.min_samples_leaf");
        found.require(self.min_samples_leaf >= 1, &field, || "give 1 or more".to_owned());
        check_class_weight(&mut found, prefix, self.class_weight);
        found
    }
}
