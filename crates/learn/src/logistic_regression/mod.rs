//! L2-regularised logistic regression on standardised features.
//!
//! Minimises sum_i c_i ln(1 + exp(-s_i z_i)) + l2 / 2 |w|^2 with z = b + sum_j w_j (x_j - mean_j) / std_j, s = +-1 and
//! weights c (of the class times that of the row); the intercept b is not penalised. The same optimum as scikit-learn's `SimpleImputer`, `StandardScaler`
//! and `LogisticRegression(C = 1 / l2)` in a row. A missing value counts as the column's mean over the training rows (0 when
//! standardised); a column with one value, or none, has the weight 0.

pub(crate) mod design;
mod minimize;
mod objective;
mod precondition;

use crate::fit::{FitError, Learner, Task};
use crate::functions::logistic;
use crate::matrix::{self, Matrix};
use crate::model::Model;
use crate::registry::{AlgorithmInfo, CLASS_WEIGHT, ParameterInfo};
use design::Design;
use mltraining_domain::LogisticRegressionSpec;
use objective::Objective;
use rayon::prelude::*;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "logistic_regression",
    summary: "A weighted sum of the standardised features, turned into a probability. Fast, smooth and easy to explain; \
              finds no thresholds or interactions by itself. The baseline that other learners have to beat. Missing \
              values count as the feature's mean.",
    parameters: &[
        ParameterInfo {
            name: "l2",
            summary: "Strength of the penalty on squared weights. 1 is scikit-learn's C = 1.",
            default: "1",
            range: "0 or more",
        },
        ParameterInfo {
            name: "max_iterations",
            summary: "Steps after which the fit stops even if it has not converged.",
            default: "100",
            range: "1 to 10,000",
        },
        ParameterInfo {
            name: "tolerance",
            summary: "The fit has converged when no component of the mean gradient is larger.",
            default: "0.000001",
            range: "above 0 and below 1",
        },
        CLASS_WEIGHT,
    ],
};

/// Rows that are predicted together.
const BLOCK: usize = 1024;

/// How the fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convergence {
    /// The gradient fell below the tolerance after so many iterations.
    Reached(u32),
    /// It had not after so many iterations: the weights are the best ones found.
    NotReached(u32),
}

/// How a column is standardised: (x - mean) / scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standard {
    /// Mean over the training rows that have a value.
    pub mean: f64,
    /// The standard deviation (ddof 0), the mean standing in for missing values; 1 for a column with one value or none.
    pub scale: f64,
}

/// A fitted weighted sum of standardised features: the log odds of a logistic regression, or the number of a linear model.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    intercept: f64,
    weights: Vec<f64>,
    standards: Vec<Standard>,
    convergence: Convergence,
}

impl Linear {
    /// `None` unless there is a standard for each weight, all numbers are finite and all scales positive.
    pub(crate) fn new(
        intercept: f64,
        weights: Vec<f64>,
        standards: Vec<Standard>,
        convergence: Convergence,
    ) -> Option<Self> {
        let good = |s: &Standard| s.mean.is_finite() && s.scale.is_finite() && s.scale > 0.0;
        let finite = intercept.is_finite() && weights.iter().all(|w| w.is_finite());
        let whole = !weights.is_empty() && weights.len() == standards.len();
        (finite && whole && standards.iter().all(good)).then_some(Self {
            intercept,
            weights,
            standards,
            convergence,
        })
    }

    /// The sum of a row whose features are all at their means.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Weights of the standardised features, in the order of the columns.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// How each column is standardised.
    pub fn standards(&self) -> &[Standard] {
        &self.standards
    }

    /// How the fit ended.
    pub fn convergence(&self) -> Convergence {
        self.convergence
    }

    /// The probability of a positive for each of `rows`.
    pub(crate) fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        self.sums(x, rows, logistic)
    }

    /// The number for each of `rows`.
    pub(crate) fn predict_numbers(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        self.sums(x, rows, |sum| sum)
    }

    /// What `finish` makes of the sum of each of `rows`.
    fn sums(&self, x: &Matrix, rows: &[u32], finish: impl Fn(f64) -> f64 + Sync) -> Vec<f64> {
        let mut scores = vec![self.intercept; rows.len()];
        scores
            .par_chunks_mut(BLOCK)
            .zip(rows.par_chunks(BLOCK))
            .for_each(|(scores, rows)| {
                let span = matrix::span_of(rows);
                for (feature, (weight, standard)) in self.weights.iter().zip(&self.standards).enumerate() {
                    let column = x.span(feature, span.clone());
                    for (score, &row) in scores.iter_mut().zip(rows) {
                        *score += weight * standard.apply(column[row as usize - span.start]);
                    }
                }
                for score in scores {
                    *score = finish(*score);
                }
            });
        scores
    }
}

impl Standard {
    /// 0 for a missing value.
    #[inline]
    pub(crate) fn apply(self, value: f32) -> f64 {
        if value.is_nan() {
            0.0
        } else {
            (f64::from(value) - self.mean) / self.scale
        }
    }
}

impl Learner for LogisticRegressionSpec {
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError> {
        let design = Design::of(task, task.class_weights(self.class_weight))?;
        let objective = Objective {
            design: &design,
            l2: self.l2,
            control: task.control,
        };
        let found = minimize::minimize(&objective, self, task.control)?;
        let mut weights = vec![0.0; task.x.features()];
        for (&column, weight) in design.columns.iter().zip(&found.point) {
            weights[column] = *weight;
        }
        let intercept = found.point[design.columns.len()];
        let linear = Linear::new(intercept, weights, design.standards, found.convergence);
        Ok(Model::Linear(linear.expect(
            "accepted points and standards of finite columns are finite",
        )))
    }
}
