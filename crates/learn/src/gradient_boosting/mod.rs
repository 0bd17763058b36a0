//! Gradient boosting: a sum of trees, each grown on the derivatives of the loss (logistic, or the squared error of numbers) that
//! those before it leave
//! (Friedman 2001, "Greedy function approximation"; with second derivatives, Chen and Guestrin 2016, "XGBoost").
//!
//! Trees are grown on histograms of whole numbers ([`gradient`]), so that the result is exact and does not depend on the
//! number of threads. Of two children only the smaller one is counted; the other is what it leaves of the parent.

mod boost;
mod boosted;
mod data;
mod draft;
mod gradient;
mod grow;
mod histogram;
mod leaf;
mod margins;
mod part;
mod penalty;
mod rows;
mod sample;
mod scan;
mod search;
mod stopping;
mod symmetric;

use crate::fit::{FitError, Learner, NumberLearner, NumberTask, Task};
use crate::model::Model;
use crate::registry::{AlgorithmInfo, CLASS_WEIGHT, ParameterInfo};
use boost::Boost;
pub use boosted::{Boosted, Link};
use mltraining_domain::GradientBoostingSpec;
use rows::FitRows;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "gradient_boosting",
    summary: "Trees that each mend what those before left wrong; the sum of their leaves is the log odds, or the number \
              that is foreseen. Mostly the most \
              accurate on tables, and its probabilities are close to true rates; takes missing values and any scale. Needs \
              a fitting number of trees: too many learn noise, which early_stopping prevents.",
    parameters: PARAMETERS,
};

const PARAMETERS: &[ParameterInfo] = &[
    ParameterInfo {
        name: "trees",
        summary: "Number of trees; with early stopping the most that are grown.",
        default: "100",
        range: "1 to 10,000",
    },
    ParameterInfo {
        name: "learning_rate",
        summary: "What each tree's leaves are multiplied by. A lower rate needs more trees and is often more accurate.",
        default: "0.1",
        range: "above 0 and up to 1",
    },
    ParameterInfo {
        name: "growth",
        summary: "Which nodes are split: every one level by level, the one that gains most first, or all of a level by one \
                  cut, which is steadier on few rows.",
        default: "depth_wise",
        range: "depth_wise | leaf_wise | symmetric",
    },
    ParameterInfo {
        name: "max_depth",
        summary: "Most levels below a tree's root.",
        default: "6",
        range: "1 to 64; symmetric: 1 to 10",
    },
    ParameterInfo {
        name: "max_leaves",
        summary: "Most leaves of a leaf_wise tree.",
        default: "31",
        range: "2 to 4,096; only with leaf_wise growth",
    },
    ParameterInfo {
        name: "row_share",
        summary: "Rows drawn without replacement for each tree, as a share of all.",
        default: "1",
        range: "above 0 and up to 1",
    },
    ParameterInfo {
        name: "feature_share",
        summary: "Features drawn for each tree, as a share of all.",
        default: "1",
        range: "above 0 and up to 1",
    },
    ParameterInfo {
        name: "l1",
        summary: "Penalty on the absolute values of leaves.",
        default: "0",
        range: "0 or more",
    },
    ParameterInfo {
        name: "l2",
        summary: "Penalty on the squares of leaves: few rows move a leaf less.",
        default: "1",
        range: "0 or more",
    },
    ParameterInfo {
        name: "min_child_weight",
        summary: "Least sum of p (1 - p) over the rows of a leaf, of numbers the least weight of its rows; in symmetric trees a side with less adds no gain.",
        default: "1",
        range: "0 or more",
    },
    ParameterInfo {
        name: "min_samples_leaf",
        summary: "Rows that a leaf holds at least.",
        default: "1",
        range: "1 or more; not with symmetric growth",
    },
    ParameterInfo {
        name: "monotone",
        summary: "Features, by name, with which what is foreseen may only rise, or only fall.",
        default: "none",
        range: "increasing | decreasing by feature; not with symmetric growth",
    },
    ParameterInfo {
        name: "early_stopping",
        summary: "Ends when the loss on the last part of the training rows, by time and after a purge, has not fallen for \
                  so many trees, and keeps the best. These rows are not learned from.",
        default: "off",
        range: "rounds: 1 to 1,000; validation_share: above 0 and up to 0.5",
    },
    CLASS_WEIGHT,
];

impl Learner for GradientBoostingSpec {
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError> {
        let rows = FitRows::of_classes(self, task)?;
        Ok(Model::Boosted(Boost::new(self, rows)?.run(Link::Logistic)?))
    }
}

impl NumberLearner for GradientBoostingSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let rows = FitRows::of_numbers(self, task)?;
        Ok(Model::Boosted(Boost::new(self, rows)?.run(Link::Identity)?))
    }
}
