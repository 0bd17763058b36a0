//! Random forest: bagged trees on random subsets of features (Breiman 2001, "Random Forests"), grown on histograms.
//!
//! A tree's leaf holds the (weighted) share of positives among its rows; the forest's probability is the mean over
//! trees, as in scikit-learn. Of numbers a leaf holds their mean ([`variance_trees`](crate::variance_trees)).

pub(crate) mod bag;
mod cut;
pub(crate) mod draw;
pub(crate) mod grow;
mod histogram;
pub(crate) mod node;
mod occupied;
pub(crate) mod search;
#[cfg(test)]
mod tests;

use crate::binned::BinnedMatrix;
use crate::fit::{FitError, Learner, NumberLearner, NumberTask, Task};
use crate::matrix::Matrix;
use crate::model::Model;
use crate::registry::{AlgorithmInfo, CLASS_WEIGHT, ParameterInfo};
use crate::tree::{self, Tree};
use crate::variance_trees::{EveryCut, VarianceTrees};
use bag::Bag;
use grow::{Grower, Grown, Scratch, Shape};
use mltraining_domain::RandomForestSpec;
use search::Search;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "random_forest",
    summary: "Many decision trees, each on rows drawn with replacement and on few random features at each split; their \
              mean is the probability, or the number that is foreseen. Finds thresholds and interactions without tuning, takes missing values and any \
              scale, is hard to overfit. The first choice when nothing is known about the data.",
    parameters: &[
        ParameterInfo {
            name: "trees",
            summary: "Number of trees. More are steadier and slower.",
            default: "100",
            range: "1 to 10,000",
        },
        ParameterInfo {
            name: "max_depth",
            summary: "Levels below a tree's root. Deeper trees see finer patterns and more noise.",
            default: "10",
            range: "1 to 64",
        },
        ParameterInfo {
            name: "min_samples_leaf",
            summary: "Rows that a leaf holds at least, a row counted as often as it was drawn.",
            default: "1",
            range: "1 or more",
        },
        ParameterInfo {
            name: "max_features",
            summary: "Share of the features tried at each split; more are tried while none of them parts the rows.",
            default: "sqrt",
            range: "above 0 and up to 1; not given: the square root of their number",
        },
        ParameterInfo {
            name: "max_samples",
            summary: "Rows drawn with replacement for each tree, as a share of all.",
            default: "1",
            range: "above 0 and up to 1",
        },
        CLASS_WEIGHT,
    ],
};

/// A fitted forest.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    trees: Vec<Tree>,
    gains: Vec<f64>,
}

impl Forest {
    /// At least one tree, over as many features as there are gains. `None` when there is none.
    pub(crate) fn new(trees: Vec<Tree>, gains: Vec<f64>) -> Option<Self> {
        (!trees.is_empty()).then_some(Self { trees, gains })
    }

    /// Of trees in the order of their random numbers.
    pub(crate) fn join(grown: Vec<Grown>, features: usize) -> Self {
        let mut gains = vec![0.0; features];
        for tree in &grown {
            for (sum, gain) in gains.iter_mut().zip(&tree.gains) {
                *sum += gain;
            }
        }
        Self {
            trees: grown.into_iter().map(|tree| tree.tree).collect(),
            gains,
        }
    }

    /// The trees, in the order of their random numbers.
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// What the splits on each feature took from the weighted Gini impurity (sum over nodes of weight x impurity / 2), or
    /// from the squared error of numbers, over all trees.
    pub fn gains(&self) -> &[f64] {
        &self.gains
    }

    /// The mean of the trees for each of `rows`: the probability of a positive, or the number.
    pub(crate) fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        let count = self.trees.len() as f64;
        tree::sum(&self.trees, x, rows, 0.0, |sum| sum / count)
    }
}

impl Learner for RandomForestSpec {
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError> {
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let shape = Shape {
            max_features: self.max_features,
            max_depth: self.max_depth,
            min_samples_leaf: self.min_samples_leaf,
        };
        let grower = Grower::new(shape, &bins, task.class_weights(self.class_weight), task.control);
        let weights = task.weights.as_deref();
        let grown = grower.grow_all(
            task.seed,
            self.trees,
            <(Bag, Scratch<Search>)>::default,
            |bag, random| bag.fill(&task.labels, weights, self.max_samples, random),
        )?;
        Ok(Model::Forest(Forest::join(grown, bins.features())))
    }
}

impl NumberLearner for RandomForestSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let shape = Shape {
            max_features: self.max_features,
            max_depth: self.max_depth,
            min_samples_leaf: self.min_samples_leaf,
        };
        let trees = VarianceTrees::new(shape, &bins, task);
        let weights = task.weights.as_deref();
        let memory = <(Bag, EveryCut)>::default;
        let grown = trees.grow_all(task.seed, self.trees, memory, |bag, random| {
            bag.draw(task.rows.len(), weights, self.max_samples, random)
        })?;
        Ok(Model::Forest(Forest::join(grown, bins.features())))
    }
}
