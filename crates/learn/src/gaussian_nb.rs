//! Naive Bayes with normal distributions.
//!
//! Within a class every feature is taken as normal and independent of the others; the log odds are those of the classes plus, for
//! each feature, ln N(x; m1, v1) - ln N(x; m0, v0). Variances are those of the class (ddof 0) plus `smoothing` times that over all
//! rows. The same as scikit-learn's `SimpleImputer(strategy="median")`, `StandardScaler` and `GaussianNB(var_smoothing)` in a row. A
//! missing value counts as the median of the training rows; a feature with one value, or none, says nothing.

use crate::fit::{FitError, Learner, Task};
use crate::functions::{ln, logistic};
use crate::matrix::{self, Matrix};
use crate::median::median;
use crate::model::Model;
use crate::registry::{AlgorithmInfo, CLASS_WEIGHT, ParameterInfo};
use mltraining_domain::GaussianNbSpec;
use rayon::prelude::*;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "gaussian_nb",
    summary: "Naive Bayes: each feature is taken as normal within a class, and as independent of the others. The quickest of all to \
              fit, good with few rows; features that say the same count twice, so that its probabilities are too sure: calibrate \
              them. One pass over each feature, any number of rows. Missing values count as the feature's median.",
    parameters: &[
        ParameterInfo {
            name: "smoothing",
            summary: "What is added to each variance, as a share of the feature's own over all rows.",
            default: "0.000000001",
            range: "1e-12 to 1",
        },
        CLASS_WEIGHT,
    ],
};

/// Rows that are predicted together.
const BLOCK: usize = 1024;

/// A fitted naive Bayes.
#[derive(Debug, Clone, PartialEq)]
pub struct NaiveBayes {
    prior: f64,
    features: Vec<Normals>,
}

/// One feature in both classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normals {
    /// What stands in for a missing value.
    pub median: f64,
    /// Means of the negatives and of the positives.
    pub means: [f64; 2],
    /// Their variances.
    pub variances: [f64; 2],
}

impl Normals {
    /// Says nothing.
    const NONE: Self = Self {
        median: 0.0,
        means: [0.0; 2],
        variances: [1.0; 2],
    };

    /// Of the task's rows; `None` when their values do not differ.
    fn of(task: &Task<'_>, column: &[f32], smoothing: f64) -> Option<Self> {
        let median = f64::from(median(column, task.rows)?);
        let value = |place: usize| match f64::from(column[task.rows[place] as usize]) {
            missing if missing.is_nan() => median,
            value => value,
        };
        let weight = |place: usize| task.weights.as_ref().map_or(1.0, |all| f64::from(all[place]));
        let class = |place: usize| usize::from(task.labels[place]);
        let rows = task.rows.len() as f64;
        let (mut weights, mut means, mut sum) = ([0.0; 2], [0.0; 2], 0.0);
        for place in 0..task.rows.len() {
            weights[class(place)] += weight(place);
            means[class(place)] += weight(place) * value(place);
            sum += value(place);
        }
        let all = sum / rows;
        let means = [0, 1].map(|class| means[class] / weights[class]);
        let (mut within, mut around) = ([0.0; 2], 0.0);
        for place in 0..task.rows.len() {
            let apart = value(place) - means[class(place)];
            within[class(place)] += weight(place) * apart * apart;
            around += (value(place) - all) * (value(place) - all);
        }
        let least = smoothing * around / rows;
        (least > 0.0).then(|| Self {
            median,
            means,
            variances: [0, 1].map(|class| within[class] / weights[class] + least),
        })
    }

    /// What the feature adds to the log odds.
    fn log_odds(&self, value: f32) -> f64 {
        let value = if value.is_nan() {
            self.median
        } else {
            f64::from(value)
        };
        let far = [0, 1].map(|class| (value - self.means[class]).powi(2) / self.variances[class]);
        (ln(self.variances[0] / self.variances[1]) + far[0] - far[1]) / 2.0
    }

    /// How far the classes lie apart, in standard deviations.
    fn distance(&self) -> f64 {
        let variance = f64::midpoint(self.variances[0], self.variances[1]);
        (self.means[1] - self.means[0]).abs() / variance.sqrt()
    }

    fn is_sound(&self) -> bool {
        let finite = self.means.iter().chain(&self.variances).chain([&self.median]);
        finite.into_iter().all(|number| number.is_finite()) && self.variances.iter().all(|v| *v > 0.0)
    }
}

impl NaiveBayes {
    /// `None` without features, and for numbers that no fit can give.
    pub(crate) fn new(prior: f64, features: Vec<Normals>) -> Option<Self> {
        let sound = prior.is_finite() && !features.is_empty() && features.iter().all(Normals::is_sound);
        sound.then_some(Self { prior, features })
    }

    /// The log odds before any feature is looked at.
    pub fn prior(&self) -> f64 {
        self.prior
    }

    /// The features, in the order of the columns.
    pub fn features(&self) -> &[Normals] {
        &self.features
    }

    /// How far the classes lie apart in each feature, in standard deviations.
    pub(crate) fn distances(&self) -> Vec<f64> {
        self.features.iter().map(Normals::distance).collect()
    }

    /// The probability of a positive for each of `rows`.
    pub(crate) fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        let mut scores = vec![self.prior; rows.len()];
        let blocks = scores.par_chunks_mut(BLOCK).zip(rows.par_chunks(BLOCK));
        blocks.for_each(|(scores, rows)| {
            let span = matrix::span_of(rows);
            for (j, feature) in self.features.iter().enumerate() {
                let column = x.span(j, span.clone());
                for (score, &row) in scores.iter_mut().zip(rows) {
                    *score += feature.log_odds(column[row as usize - span.start]);
                }
            }
            // Far beyond any probability that can be told from 0 or 1, and it may be that no number can hold the odds.
            scores
                .iter_mut()
                .for_each(|score| *score = logistic(score.clamp(-1e3, 1e3)));
        });
        scores
    }
}

impl Learner for GaussianNbSpec {
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError> {
        let features = (0..task.x.features()).into_par_iter().map(|j| {
            task.control.check()?;
            Ok(Normals::of(task, &task.x.column(j), self.smoothing).unwrap_or(Normals::NONE))
        });
        let features = features.collect::<Result<Vec<_>, FitError>>()?;
        let weights = task.class_weights(self.class_weight);
        let odds = weights.positive * task.positive_weight / (weights.negative * task.negative_weight);
        (task.control.progress)(1, 1);
        let fitted = NaiveBayes::new(ln(odds), features);
        Ok(Model::NaiveBayes(fitted.expect(
            "moments of finite values in classes that both have rows are finite",
        )))
    }
}
