//! Ridge regression on standardised features (Hoerl and Kennard 1970).
//!
//! Minimises sum_i c_i (y_i - b - z_i w)^2 + l2 |w|^2 with z = (x - mean) / std and weights c of the rows; the intercept b is not
//! penalised. The same optimum as scikit-learn's `SimpleImputer`, `StandardScaler` and `Ridge(alpha = l2)` in a row. A missing
//! value counts as the column's mean; a column with one value, or none, has the weight 0, and with l2 = 0 also one that those before
//! it tell exactly.

use crate::fit::{FitError, NumberLearner, NumberTask};
use crate::least_squares::Gram;
use crate::logistic_regression::Convergence;
use crate::model::Model;
use crate::registry::{AlgorithmInfo, ParameterInfo};
use mltraining_domain::RidgeSpec;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "ridge",
    summary: "A weighted sum of the standardised features with the least squared error. Of numbers what logistic_regression is of \
              classes: fast, smooth, the baseline that others have to beat; finds no thresholds or interactions by itself. One \
              pass over the rows, which may be many; takes up to 1,000 features. Missing values count as the feature's mean.",
    parameters: &[ParameterInfo {
        name: "l2",
        summary: "Strength of the penalty on squared weights, scikit-learn's alpha.",
        default: "1",
        range: "0 or more",
    }],
};

/// A pivot that has lost more of itself to those before it is told by them.
const TOLD: f64 = 1e-12;

impl NumberLearner for RidgeSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let gram = Gram::of(task)?;
        let weights = solve(&gram, self.l2);
        (task.control.progress)(1, 1);
        Ok(Model::Ridge(gram.model(&weights, Convergence::Reached(1))))
    }
}

/// Solves (products + l2) w = with_label by Cholesky's decomposition.
fn solve(gram: &Gram, l2: f64) -> Vec<f64> {
    let width = gram.width();
    let mut lower = vec![0.0; width * width];
    for j in 0..width {
        let before = |i: usize, lower: &[f64]| -> f64 {
            let (a, b) = (&lower[i * width..][..j], &lower[j * width..][..j]);
            a.iter().zip(b).map(|(a, b)| a * b).sum()
        };
        let whole = gram.product(j, j) + l2;
        let pivot = whole - before(j, &lower);
        if pivot <= TOLD * whole {
            continue; // its column of zeros gives it the weight 0
        }
        let root = pivot.sqrt();
        lower[j * width + j] = root;
        for i in j + 1..width {
            lower[i * width + j] = (gram.product(i, j) - before(i, &lower)) / root;
        }
    }
    let mut weights = gram.with_label.clone();
    for i in 0..width {
        let known: f64 = (0..i).map(|j| lower[i * width + j] * weights[j]).sum();
        weights[i] = divided(weights[i] - known, lower[i * width + i]);
    }
    for i in (0..width).rev() {
        let known: f64 = (i + 1..width).map(|j| lower[j * width + i] * weights[j]).sum();
        weights[i] = divided(weights[i] - known, lower[i * width + i]);
    }
    weights
}

fn divided(value: f64, pivot: f64) -> f64 {
    if pivot == 0.0 { 0.0 } else { value / pivot }
}
