//! One decision tree (Breiman, Friedman, Olshen and Stone 1984): every row once and every feature at every split. The trees are
//! otherwise those of a [`random_forest`](crate::random_forest), on the same bins.

use crate::binned::BinnedMatrix;
use crate::extra_trees;
use crate::fit::{FitError, Learner, NumberLearner, NumberTask, Task};
use crate::model::Model;
use crate::random_forest::Forest;
use crate::random_forest::grow::{Grower, Scratch, Shape};
use crate::random_forest::search::Search;
use crate::registry::{AlgorithmInfo, CLASS_WEIGHT, ParameterInfo};
use crate::variance_trees::{self, EveryCut, VarianceTrees};
use mltraining_domain::DecisionTreeSpec;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "decision_tree",
    summary: "One tree of yes-or-no questions: a model that can be read and told. Less accurate than many trees, and small changes \
              of the rows may change it much. As quick as one tree of a forest; takes missing values, any scale and any number of \
              rows. Rows with a weight are kept with that probability.",
    parameters: &[
        ParameterInfo {
            name: "max_depth",
            summary: "Levels below the root; a tree of more than 5 is hard to read.",
            default: "5",
            range: "1 to 64",
        },
        ParameterInfo {
            name: "min_samples_leaf",
            summary: "Rows that a leaf holds at least.",
            default: "20",
            range: "1 or more",
        },
        CLASS_WEIGHT,
    ],
};

fn shape(spec: &DecisionTreeSpec) -> Shape {
    Shape {
        max_features: Some(1.0),
        max_depth: spec.max_depth,
        min_samples_leaf: spec.min_samples_leaf,
    }
}

impl Learner for DecisionTreeSpec {
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError> {
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let weights = task.class_weights(self.class_weight);
        let grower = Grower::new(shape(self), &bins, weights, task.control);
        let memory = <(Vec<_>, Scratch<Search>)>::default;
        let grown = grower.grow_all(task.seed, 1, memory, |draws, random| {
            extra_trees::fill(draws, &task.labels, task.weights.as_deref(), random)
        })?;
        Ok(Model::DecisionTree(Forest::join(grown, bins.features())))
    }
}

impl NumberLearner for DecisionTreeSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let trees = VarianceTrees::new(shape(self), &bins, task);
        let memory = <(Vec<u8>, EveryCut)>::default;
        let grown = trees.grow_all(task.seed, 1, memory, |times, random| {
            variance_trees::once(times, task.rows.len(), task.weights.as_deref(), random)
        })?;
        Ok(Model::DecisionTree(Forest::join(grown, bins.features())))
    }
}
