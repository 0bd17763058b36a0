//! One fit: a checked spec, training rows, a seed, and what comes of it.

use crate::class_weight::Weights;
use crate::control::Control;
use crate::matrix::Matrix;
use crate::model::Model;
use crate::registry;
use mltraining_domain::{AlgorithmSpec, ClassWeight, Task as Kind, Violations};

/// More rows than this are refused: counts of rows are kept in 31 bits.
pub const MAX_ROWS: usize = i32::MAX as usize;
/// More features than this are refused: a node names its feature in 16 bits.
pub const MAX_FEATURES: usize = u16::MAX as usize;

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The caller's flag was set.
    #[error("the fit was cancelled")]
    Cancelled,
    /// All training rows are of one class, so there is nothing to tell apart.
    #[error(
        "the training rows have {positives} positives and {negatives} negatives; both classes are needed"
    )]
    OneClass {
        /// Rows of label 1.
        positives: u64,
        /// Rows of label 0.
        negatives: u64,
    },
    /// All training rows have the same number to foresee, so there is nothing to learn.
    #[error("all {rows} training rows have the label {value}; numbers that differ are needed")]
    OneValue {
        /// Rows given.
        rows: usize,
        /// What all of them have.
        value: f32,
    },
    /// A learner that does not learn such labels.
    #[error("{algorithm} does not learn such labels; these do: {able}")]
    WrongTask {
        /// The learner.
        algorithm: &'static str,
        /// Those that do.
        able: String,
    },
    /// Fewer rows than any learner can use.
    #[error("{rows} training rows; at least {needed} are needed")]
    TooFewRows {
        /// Rows given.
        rows: usize,
        /// Rows needed.
        needed: usize,
    },
    /// More rows than can be counted.
    #[error("{rows} training rows; at most {limit} are taken")]
    TooManyRows {
        /// Rows given.
        rows: usize,
        /// Rows taken.
        limit: usize,
    },
    /// More rows than this learner can work with.
    #[error(
        "{rows} training rows, and {algorithm} takes at most {limit}; choose a shorter range, fewer entities, or another algorithm \
         such as random_forest"
    )]
    TooManyRowsFor {
        /// The learner.
        algorithm: &'static str,
        /// Rows given.
        rows: usize,
        /// Rows taken.
        limit: u64,
    },
    /// More features than can be named.
    #[error("{features} features; at most {limit} are taken")]
    TooManyFeatures {
        /// Features given.
        features: usize,
        /// Features taken.
        limit: usize,
    },
    /// Parameters that no checked spec can have.
    #[error("the algorithm cannot be fitted: {0}")]
    InvalidSpec(Violations),
    /// Early stopping without rows to stop by.
    #[error("early stopping needs validation rows, and none were given")]
    NoValidationRows,
    /// A parameter names a feature that the matrix does not have.
    #[error("the feature `{0}` of a parameter is not among the features that are trained on")]
    UnknownFeature(String),
    /// Labels or rows that do not belong to the matrix: a fault of the caller.
    #[error("{0}")]
    Inconsistent(String),
}

/// A learner of classes: its spec is what can be fitted.
pub(crate) trait Learner {
    /// Fits on every row of the task. Looks at the task's control inside every loop.
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError>;
}

/// A learner of numbers: its spec is what can be fitted.
pub(crate) trait NumberLearner {
    /// Fits on every row of the task. Looks at the task's control inside every loop.
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError>;
}

/// What came true, for each row of a matrix.
#[derive(Debug, Clone, Copy)]
pub enum Truth<'a> {
    /// 0 or 1.
    Classes(&'a [u8]),
    /// A finite number.
    Numbers(&'a [f32]),
}

/// The training rows of one fit.
pub(crate) struct Task<'a> {
    pub(crate) x: &'a Matrix,
    /// Matrix rows that are trained on.
    pub(crate) rows: &'a [u32],
    /// Their labels, 0 or 1, in the order of `rows`.
    pub(crate) labels: Vec<u8>,
    /// Their weights, above 0 and at most 1, in the order of `rows`; `None` when each counts 1.
    pub(crate) weights: Option<Vec<f32>>,
    /// Later rows that are not trained on; `None` when there are none.
    pub(crate) validation: Option<Validation<'a>>,
    /// Weight of the positives.
    pub(crate) positive_weight: f64,
    /// Weight of the negatives.
    pub(crate) negative_weight: f64,
    pub(crate) seed: u64,
    pub(crate) control: &'a Control<'a>,
}

/// The training rows of one fit, with numbers to foresee.
pub(crate) struct NumberTask<'a> {
    pub(crate) x: &'a Matrix,
    /// Matrix rows that are trained on.
    pub(crate) rows: &'a [u32],
    /// Their numbers, finite and not all the same, in the order of `rows`.
    pub(crate) targets: Vec<f32>,
    /// As those of [`Task`].
    pub(crate) weights: Option<Vec<f32>>,
    /// Later rows that are not trained on; `None` when there are none.
    pub(crate) validation: Option<NumberValidation<'a>>,
    /// The mean of the numbers, by weight.
    pub(crate) mean: f64,
    pub(crate) seed: u64,
    pub(crate) control: &'a Control<'a>,
}

/// As [`Validation`], with numbers.
pub(crate) struct NumberValidation<'a> {
    pub(crate) rows: &'a [u32],
    pub(crate) targets: Vec<f32>,
    pub(crate) weights: Option<Vec<f32>>,
}

/// Rows that a fit looks at to know when to stop, and does not train on.
pub(crate) struct Validation<'a> {
    pub(crate) rows: &'a [u32],
    /// Their labels, 0 or 1.
    pub(crate) labels: Vec<u8>,
    /// Their weights, as those of [`Task`].
    pub(crate) weights: Option<Vec<f32>>,
}

/// The rows of a fit, as indices of matrix rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct FitRows<'a> {
    /// Trained on.
    pub train: &'a [u32],
    /// Looked at to stop early, and not trained on: rows that come later and are purged. Empty when there are none; learners
    /// that do not stop early ignore them.
    pub validation: &'a [u32],
}

/// Fits `spec` on `rows` of `x`, in the rayon pool of the caller.
///
/// `labels` has one entry per matrix row, 0 or 1; those of other rows are not looked at. A row may appear more than once
/// and then counts as often. The result depends on the arguments alone, never on the number of threads.
///
/// # Errors
/// See [`FitError`]. [`FitError::Cancelled`] comes promptly: each learner looks inside its loops.
pub fn fit(
    spec: &AlgorithmSpec,
    x: &Matrix,
    rows: &[u32],
    labels: &[u8],
    seed: u64,
    control: &Control<'_>,
) -> Result<Model, FitError> {
    fit_weighted(spec, x, rows, labels, None, seed, control)
}

/// [`fit`] with a weight for each matrix row, above 0 and at most 1: how much of it is its own. A forest draws rows as often as
/// they weigh, so that a tree sees about as many draws as the weights of all rows sum to; a logistic regression weighs their
/// losses. Balanced classes are balanced by these weights.
///
/// # Errors
/// As [`fit`]; [`FitError::Inconsistent`] also for a weight outside of its range.
pub fn fit_weighted(
    spec: &AlgorithmSpec,
    x: &Matrix,
    rows: &[u32],
    labels: &[u8],
    weights: Option<&[f32]>,
    seed: u64,
    control: &Control<'_>,
) -> Result<Model, FitError> {
    let rows = FitRows {
        train: rows,
        validation: &[],
    };
    fit_validated(spec, x, rows, labels, weights, seed, control)
}

/// [`fit_weighted`] with validation rows for learners that stop early.
///
/// # Errors
/// As [`fit_weighted`]; [`FitError::NoValidationRows`] when the spec asks for early stopping and there are none.
pub fn fit_validated(
    spec: &AlgorithmSpec,
    x: &Matrix,
    rows: FitRows<'_>,
    labels: &[u8],
    weights: Option<&[f32]>,
    seed: u64,
    control: &Control<'_>,
) -> Result<Model, FitError> {
    fit_truth(spec, x, rows, Truth::Classes(labels), weights, seed, control)
}

/// [`fit_validated`] of classes or of numbers. Of numbers a model gives the number itself instead of a probability.
///
/// # Errors
/// As [`fit_validated`]; [`FitError::WrongTask`] when the learner does not learn such labels, [`FitError::OneValue`] when all
/// numbers are the same.
pub fn fit_truth(
    spec: &AlgorithmSpec,
    x: &Matrix,
    rows: FitRows<'_>,
    truth: Truth<'_>,
    weights: Option<&[f32]>,
    seed: u64,
    control: &Control<'_>,
) -> Result<Model, FitError> {
    let violations = spec.check("algorithm");
    if !violations.is_empty() {
        return Err(FitError::InvalidSpec(violations));
    }
    control.check()?;
    let wrong = |kind| FitError::WrongTask {
        algorithm: spec.name(),
        able: AlgorithmSpec::able(kind).join(", "),
    };
    match truth {
        Truth::Classes(labels) => {
            let learner = registry::learner(spec).ok_or_else(|| wrong(Kind::Binary))?;
            learner.fit(&Task::new(x, rows, labels, weights, seed, control)?)
        }
        Truth::Numbers(targets) => {
            let learner = registry::number_learner(spec).ok_or_else(|| wrong(Kind::Regression))?;
            learner.fit(&NumberTask::new(x, rows, targets, weights, seed, control)?)
        }
    }
}

impl<'a> Task<'a> {
    fn new(
        x: &'a Matrix,
        FitRows {
            train: rows,
            validation,
        }: FitRows<'a>,
        labels: &[u8],
        weights: Option<&[f32]>,
        seed: u64,
        control: &'a Control<'a>,
    ) -> Result<Self, FitError> {
        check_size(x, rows)?;
        if labels.len() != x.rows() {
            let text = format!("{} labels for a matrix of {} rows", labels.len(), x.rows());
            return Err(FitError::Inconsistent(text));
        }
        let validation = Validation::of(x, validation, labels, weights)?;
        let labels = gather_labels(rows, labels)?;
        let positives = labels.iter().map(|&label| u64::from(label)).sum();
        let negatives = labels.len() as u64 - positives;
        if positives == 0 || negatives == 0 {
            return Err(FitError::OneClass { positives, negatives });
        }
        let weights = weights
            .map(|all| gather_weights(rows, all, x.rows()))
            .transpose()?;
        let (positive_weight, negative_weight) = match &weights {
            None => (positives as f64, negatives as f64),
            Some(weights) => class_sums(weights, &labels),
        };
        Ok(Self {
            x,
            rows,
            labels,
            weights,
            validation,
            positive_weight,
            negative_weight,
            seed,
            control,
        })
    }

    /// What each class counts.
    pub(crate) fn class_weights(&self, spec: ClassWeight) -> Weights {
        Weights::of(spec, self.positive_weight, self.negative_weight)
    }
}

impl<'a> NumberTask<'a> {
    fn new(
        x: &'a Matrix,
        rows: FitRows<'a>,
        targets: &[f32],
        weights: Option<&[f32]>,
        seed: u64,
        control: &'a Control<'a>,
    ) -> Result<Self, FitError> {
        let (train, later) = (rows.train, rows.validation);
        check_size(x, train)?;
        if targets.len() != x.rows() {
            let text = format!("{} numbers for a matrix of {} rows", targets.len(), x.rows());
            return Err(FitError::Inconsistent(text));
        }
        let of = |rows: &[u32]| weights.map(|all| gather_weights(rows, all, x.rows())).transpose();
        let validation = match later {
            [] => None,
            rows => Some(NumberValidation {
                rows,
                targets: gather_targets(rows, targets)?,
                weights: of(rows)?,
            }),
        };
        let (targets, weights) = (gather_targets(train, targets)?, of(train)?);
        if targets.iter().all(|target| *target == targets[0]) {
            return Err(FitError::OneValue {
                rows: targets.len(),
                value: targets[0],
            });
        }
        Ok(Self {
            x,
            rows: train,
            mean: mean(&targets, weights.as_deref()),
            targets,
            weights,
            validation,
            seed,
            control,
        })
    }
}

/// The mean by weight, summed in order.
fn mean(targets: &[f32], weights: Option<&[f32]>) -> f64 {
    let weight = |row: usize| weights.map_or(1.0, |weights| f64::from(weights[row]));
    let pairs = targets.iter().enumerate();
    let (sum, total) = pairs.fold((0.0, 0.0), |(sum, total), (row, target)| {
        (sum + weight(row) * f64::from(*target), total + weight(row))
    });
    sum / total
}

impl<'a> Validation<'a> {
    fn of(
        x: &Matrix,
        rows: &'a [u32],
        labels: &[u8],
        weights: Option<&[f32]>,
    ) -> Result<Option<Self>, FitError> {
        if rows.is_empty() {
            return Ok(None);
        }
        let labels = gather_labels(rows, labels)?;
        let weights = weights
            .map(|all| gather_weights(rows, all, x.rows()))
            .transpose()?;
        Ok(Some(Self {
            rows,
            labels,
            weights,
        }))
    }
}

/// Weight of the positives, and of the negatives.
fn class_sums(weights: &[f32], labels: &[u8]) -> (f64, f64) {
    let pairs = weights.iter().zip(labels);
    pairs.fold(
        (0.0, 0.0),
        |(positive, negative), (&weight, &label)| match label {
            1 => (positive + f64::from(weight), negative),
            _ => (positive, negative + f64::from(weight)),
        },
    )
}

fn gather_weights(rows: &[u32], weights: &[f32], all: usize) -> Result<Vec<f32>, FitError> {
    if weights.len() != all {
        let text = format!("{} weights for a matrix of {all} rows", weights.len());
        return Err(FitError::Inconsistent(text));
    }
    let weight = |&row: &u32| match weights[row as usize] {
        weight if weight > 0.0 && weight <= 1.0 => Ok(weight),
        other => Err(FitError::Inconsistent(format!(
            "row {row} has the weight {other}, not one above 0 and at most 1"
        ))),
    };
    rows.iter().map(weight).collect()
}

fn check_size(x: &Matrix, rows: &[u32]) -> Result<(), FitError> {
    if rows.len() < 2 {
        return Err(FitError::TooFewRows {
            rows: rows.len(),
            needed: 2,
        });
    }
    if rows.len() > MAX_ROWS {
        return Err(FitError::TooManyRows {
            rows: rows.len(),
            limit: MAX_ROWS,
        });
    }
    if x.features() > MAX_FEATURES {
        return Err(FitError::TooManyFeatures {
            features: x.features(),
            limit: MAX_FEATURES,
        });
    }
    Ok(())
}

fn gather_targets(rows: &[u32], targets: &[f32]) -> Result<Vec<f32>, FitError> {
    let target = |&row: &u32| match targets.get(row as usize) {
        Some(target) if target.is_finite() => Ok(*target),
        Some(other) => Err(FitError::Inconsistent(format!(
            "row {row} has the label {other}, not a finite number"
        ))),
        None => Err(FitError::Inconsistent(format!(
            "row {row} lies outside a matrix of {} rows",
            targets.len()
        ))),
    };
    rows.iter().map(target).collect()
}

fn gather_labels(rows: &[u32], labels: &[u8]) -> Result<Vec<u8>, FitError> {
    let label = |&row: &u32| match labels.get(row as usize) {
        Some(&label @ (0 | 1)) => Ok(label),
        Some(other) => Err(FitError::Inconsistent(format!(
            "row {row} has the label {other}, not 0 or 1"
        ))),
        None => Err(FitError::Inconsistent(format!(
            "row {row} lies outside a matrix of {} rows",
            labels.len()
        ))),
    };
    rows.iter().map(label).collect()
}
