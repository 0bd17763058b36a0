//! A fitted model.

use crate::gaussian_nb::NaiveBayes;
use crate::gradient_boosting::Boosted;
use crate::knn::Neighbors;
use crate::logistic_regression::Linear;
use crate::matrix::Matrix;
use crate::random_forest::Forest;

/// A fitted model: gives a probability, or the number that is foreseen, for each row of a matrix whose columns are those that it was trained on, in the
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
    /// A weighted sum with the least squared error and a penalty on squares.
    Ridge(Linear),
    /// The same with a penalty that leaves features out.
    ElasticNet(Linear),
    /// One tree.
    DecisionTree(Forest),
    /// Normal distributions of each feature in both classes.
    NaiveBayes(NaiveBayes),
    /// The training rows themselves.
    Neighbors(Neighbors),
}

impl Model {
    /// The probability of a positive, or the number, for each of `rows`, in their order, computed in the rayon pool of the caller.
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
            Self::Forest(forest) | Self::ExtraTrees(forest) | Self::DecisionTree(forest) => {
                forest.predict(x, rows)
            }
            Self::NaiveBayes(bayes) => bayes.predict(x, rows),
            Self::Neighbors(neighbors) => neighbors.predict(x, rows),
            Self::Linear(linear) => linear.predict(x, rows),
            Self::Ridge(linear) | Self::ElasticNet(linear) => linear.predict_numbers(x, rows),
            Self::Boosted(boosted) => boosted.predict(x, rows),
        }
    }

    /// How much each feature matters, in the order of the columns: its share of the trees' total gain, of the sum of absolute
    /// standardised weights, or of the distances of the classes (naive Bayes); of neighbours the same for each that differs. Sums to 1; all 0 in a model that uses no feature at all.
    pub fn importances(&self) -> Vec<f64> {
        let parts = match self {
            Self::Forest(forest) | Self::ExtraTrees(forest) | Self::DecisionTree(forest) => {
                forest.gains().to_vec()
            }
            Self::NaiveBayes(bayes) => bayes.distances(),
            Self::Neighbors(neighbors) => neighbors.used(),
            Self::Linear(linear) | Self::Ridge(linear) | Self::ElasticNet(linear) => {
                linear.weights().iter().map(|w| w.abs()).collect()
            }
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
            Self::Ridge(_) => crate::ridge::INFO.name,
            Self::ElasticNet(_) => crate::elastic_net::INFO.name,
            Self::DecisionTree(_) => crate::decision_tree::INFO.name,
            Self::NaiveBayes(_) => crate::gaussian_nb::INFO.name,
            Self::Neighbors(_) => crate::knn::INFO.name,
        }
    }

    /// Number of columns that it was trained on.
    pub fn features(&self) -> usize {
        match self {
            Self::Forest(forest) | Self::ExtraTrees(forest) | Self::DecisionTree(forest) => {
                forest.gains().len()
            }
            Self::NaiveBayes(bayes) => bayes.features().len(),
            Self::Neighbors(neighbors) => neighbors.features().len(),
            Self::Linear(linear) | Self::Ridge(linear) | Self::ElasticNet(linear) => linear.weights().len(),
            Self::Boosted(boosted) => boosted.gains().len(),
        }
    }
}
