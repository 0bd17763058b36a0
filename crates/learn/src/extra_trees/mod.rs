//! Extremely randomised trees (Geurts, Ernst and Wehenkel 2006): every tree sees all rows, and of each feature that is tried at
//! a split one cut, drawn at random. The trees are otherwise those of a [`random_forest`](crate::random_forest).

pub(crate) mod random_cut;

use crate::binned::BinnedMatrix;
use crate::fit::{FitError, Learner, NumberLearner, NumberTask, Task};
use crate::model::Model;
use crate::random::Random;
use crate::random_forest::Forest;
use crate::random_forest::draw::Draw;
use crate::random_forest::grow::{Grower, Scratch, Shape};
use crate::registry::{AlgorithmInfo, CLASS_WEIGHT, ParameterInfo};
use crate::variance_trees::{self, VarianceTrees};
use mltraining_domain::ExtraTreesSpec;
use random_cut::RandomCut;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "extra_trees",
    summary: "Many decision trees on all rows, each split the best of a few random cuts of random features; their mean is the \
              probability, or the number that is foreseen. Smoother than a random forest and harder to overfit; good where many features say a little each.",
    parameters: &[
        ParameterInfo {
            name: "trees",
            summary: "Number of trees. More are steadier and slower.",
            default: "100",
            range: "1 to 10,000",
        },
        ParameterInfo {
            name: "max_depth",
            summary: "Levels below a tree's root. Random cuts need more levels than chosen ones.",
            default: "10",
            range: "1 to 64",
        },
        ParameterInfo {
            name: "min_samples_leaf",
            summary: "Rows that a leaf holds at least.",
            default: "1",
            range: "1 or more",
        },
        ParameterInfo {
            name: "max_features",
            summary: "Share of the features tried at each split; more are tried while none of them parts the rows.",
            default: "sqrt",
            range: "above 0 and up to 1; not given: the square root of their number",
        },
        CLASS_WEIGHT,
    ],
};

impl Learner for ExtraTreesSpec {
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
            || (Vec::new(), Scratch::of(RandomCut::of(&bins))),
            |draws, random| fill(draws, &task.labels, weights, random),
        )?;
        Ok(Model::ExtraTrees(Forest::join(grown, bins.features())))
    }
}

impl NumberLearner for ExtraTreesSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let shape = Shape {
            max_features: self.max_features,
            max_depth: self.max_depth,
            min_samples_leaf: self.min_samples_leaf,
        };
        let trees = VarianceTrees::new(shape, &bins, task);
        let weights = task.weights.as_deref();
        let memory = || (Vec::new(), variance_trees::OneCut);
        let grown = trees.grow_all(task.seed, self.trees, memory, |times, random| {
            variance_trees::once(times, task.rows.len(), weights, random)
        })?;
        Ok(Model::ExtraTrees(Forest::join(grown, bins.features())))
    }
}

/// Every row once; of rows with weights each with the probability that it weighs, but at least one.
pub(crate) fn fill<'d>(
    draws: &'d mut Vec<Draw>,
    labels: &[u8],
    weights: Option<&[f32]>,
    random: &mut Random,
) -> &'d mut [Draw] {
    draws.clear();
    let all = || (0u32..).zip(labels).map(|(row, &label)| Draw::new(row, 1, label));
    match weights {
        None => draws.extend(all()),
        Some(weights) => {
            let kept = all()
                .zip(weights)
                .filter(|(_, weight)| random.unit() < f64::from(**weight));
            draws.extend(kept.map(|(draw, _)| draw));
            if draws.is_empty() {
                let row = random.below(labels.len());
                draws.push(Draw::new(row as u32, 1, labels[row]));
            }
        }
    }
    draws
}
