//! Elastic net on standardised features and a standardised label (Zou and Hastie 2005), by coordinate descent on sums of products
//! (Friedman, Hastie and Tibshirani 2010, "Regularization paths for generalized linear models via coordinate descent").
//!
//! Minimises mean_i (y_i - b - z_i w)^2 / 2 + penalty (l1_share |w|_1 + (1 - l1_share) / 2 |w|^2) with y in its standard deviations,
//! the mean by the rows' weights. The same optimum as scikit-learn's `ElasticNet(alpha = penalty, l1_ratio = l1_share)` of a
//! standardised label. Missing values and columns with one value as in [`ridge`](crate::ridge).

use crate::fit::{FitError, NumberLearner, NumberTask};
use crate::least_squares::Gram;
use crate::logistic_regression::Convergence;
use crate::model::Model;
use crate::registry::{AlgorithmInfo, ParameterInfo};
use mltraining_domain::ElasticNetSpec;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "elastic_net",
    summary: "A weighted sum of the standardised features that leaves out those which add little: their weights are 0. Good where \
              many features say nothing, or the same. One pass over the rows, which may be many; takes up to 1,000 features. \
              Missing values count as the feature's mean.",
    parameters: &[
        ParameterInfo {
            name: "penalty",
            summary: "Strength of both penalties, in standard deviations of the label: at 1 all weights are 0 when l1_share is 1.",
            default: "0.01",
            range: "0 or more",
        },
        ParameterInfo {
            name: "l1_share",
            summary: "Share of the penalty on absolute weights, which makes weights 0; the rest is on their squares.",
            default: "0.5",
            range: "0 to 1",
        },
        ParameterInfo {
            name: "max_iterations",
            summary: "Passes over all weights after which the fit stops even if it has not converged.",
            default: "1000",
            range: "1 to 10,000",
        },
        ParameterInfo {
            name: "tolerance",
            summary: "The fit has converged when no weight changes by more in a pass, in standard deviations of the label.",
            default: "0.000001",
            range: "above 0 and below 1",
        },
    ],
};

impl NumberLearner for ElasticNetSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let gram = Gram::of(task)?;
        let deviation = (gram.label / gram.weight).sqrt();
        let (mut weights, convergence) = descend(self, &gram, deviation, task)?;
        weights.iter_mut().for_each(|weight| *weight *= deviation);
        Ok(Model::ElasticNet(gram.model(&weights, convergence)))
    }
}

/// The weights in standard deviations of the label.
fn descend(
    spec: &ElasticNetSpec,
    gram: &Gram,
    deviation: f64,
    task: &NumberTask<'_>,
) -> Result<(Vec<f64>, Convergence), FitError> {
    let width = gram.width();
    let (l1, l2) = (spec.penalty * spec.l1_share, spec.penalty * (1.0 - spec.l1_share));
    let mut weights = vec![0.0; width];
    // What each column still has in common with what the weights leave of the label.
    let mut common: Vec<f64> = gram
        .with_label
        .iter()
        .map(|with| with / (gram.weight * deviation))
        .collect();
    for pass in 1..=spec.max_iterations {
        task.control.check()?;
        let mut most = 0.0_f64;
        for j in 0..width {
            let own = gram.product(j, j) / gram.weight;
            let alone = common[j] + own * weights[j];
            let weight = alone.signum() * (alone.abs() - l1).max(0.0) / (own + l2);
            let step = weight - weights[j];
            if step != 0.0 {
                for (i, common) in common.iter_mut().enumerate() {
                    *common -= step * gram.product(j, i) / gram.weight;
                }
                weights[j] = weight;
                most = most.max(step.abs());
            }
        }
        (task.control.progress)(u64::from(pass), u64::from(spec.max_iterations));
        if most <= spec.tolerance {
            return Ok((weights, Convergence::Reached(pass)));
        }
    }
    Ok((weights, Convergence::NotReached(spec.max_iterations)))
}
