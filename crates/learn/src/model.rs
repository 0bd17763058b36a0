//! A fitted model.

use crate::gradient_boosting::Boosted;
use crate::logistic_regression::Linear;
use crate::matrix::Matrix;
use crate::random_forest::Forest;

/// A fitted model: gives a probability for each row of a matrix whose columns are those that it was trained on, in the
/// same order.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// The mean of trees.
    Forest(Forest),
    /// The logistic function of a weighted sum.
    Linear(Linear),
    /// The logistic function of a sum of trees.
    Boosted(Boosted),
    /// The mean of trees with random cuts.
    ExtraTrees(Forest),
}

impl Model {
    /// The probability of a positive for each of `rows`, in their order, computed in the rayon pool of the caller.
    ///
    /// # Panics
    /// When `x` has another number of columns than the model, or a row lies outside `x`.
    pub fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        let features = self.features();
        assert_eq!(
            x.features(),
            features,
            "the model was trained on {features} features"
        );
        match self {
            Self::Forest(forest) | Self::ExtraTrees(forest) => forest.predict(x, rows),
            Self::Linear(linear) => linear.predict(x, rows),
            Self::Boosted(boosted) => boosted.predict(x, rows),
        }
    }

    /// How much each feature matters, in the order of the columns: its share of the trees' total gain, or of the sum of
    /// absolute standardised weights. Sums to 1; all 0 in a model that uses no feature at all.
    pub fn importances(&self) -> Vec<f64> {
        let parts = match self {
            Self::Forest(forest) | Self::ExtraTrees(forest) => forest.gains().to_vec(),
            Self::Linear(linear) => linear.weights().iter().map(|w| w.abs()).collect(),
            Self::Boosted(boosted) => boosted.gains().to_vec(),
        };
        let total: f64 = parts.iter().sum();
        if total > 0.0 {
            parts.iter().map(|part| part / total).collect()
        } else {
            parts
        }
    }

    /// The registry's name of the learner that made it.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Forest(_) => crate::random_forest::INFO.name,
            Self::ExtraTrees(_) => crate::extra_trees::INFO.name,
            Self::Linear(_) => crate::logistic_regression::INFO.name,
            Self::Boosted(_) => crate::gradient_boosting::INFO.name,
        }
    }

    /// Number of columns that it was trained on.
    pub fn features(&self) -> usize {
        match self {
            Self::Forest(forest) | Self::ExtraTrees(forest) => forest.gains().len(),
            Self::Linear(linear) => linear.weights().len(),
            Self::Boosted(boosted) => boosted.gains().len(),
        }
    }
}
