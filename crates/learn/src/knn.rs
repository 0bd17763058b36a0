//! The k nearest neighbours: the mean label of the training rows that are most like a row (Cover and Hart 1967).
//!
//! Features are standardised (a missing value counts as the median of the training rows, then mean 0 and standard deviation 1), the
//! distance is Euclid's; of rows equally far the earlier one is nearer. The same as scikit-learn's `SimpleImputer(strategy =
//! "median")`, `StandardScaler` and `KNeighborsClassifier` or `KNeighborsRegressor` in a row, where no distances are equal. The model
//! holds the training rows. An answer sums over all of them in one order, whatever the number of threads.

use crate::control::Control;
use crate::fit::{FitError, Learner, NumberLearner, NumberTask, Task};
use crate::logistic_regression::Standard;
use crate::matrix::{self, Matrix};
use crate::median::median;
use crate::model::Model;
use crate::registry::{AlgorithmInfo, ParameterInfo};
use mltraining_domain::{KnnSpec, MOST_KNN_ROWS};
use rayon::prelude::*;

/// What people are told about the learner.
pub const INFO: AlgorithmInfo = AlgorithmInfo {
    name: "knn",
    summary: "The mean label of the rows most alike: no model but the rows themselves. Good where few features tell all and much \
              depends on their place together; features that say nothing spoil it. Takes up to 20,000 training rows, because it keeps \
              them all and looks at each for every answer: use a shorter range, fewer entities, or trees for more. Missing values \
              count as the feature's median.",
    parameters: &[ParameterInfo {
        name: "neighbors",
        summary: "Rows whose labels are averaged. More are smoother.",
        default: "50",
        range: "1 to 1,000",
    }],
};

/// Rows that are predicted together.
const BLOCK: usize = 64;

/// The training rows, to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbors {
    count: u32,
    features: Vec<Scaled>,
    /// Column by column, standardised.
    values: Vec<f32>,
    labels: Vec<f32>,
    weights: Vec<f32>,
}

/// How a column is standardised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    /// What stands in for a missing value.
    pub median: f64,
    /// The mean and the standard deviation with it; a deviation of infinity leaves the feature out.
    pub standard: Standard,
}

impl Scaled {
    fn apply(&self, value: f32) -> f32 {
        let value = if value.is_nan() {
            self.median
        } else {
            f64::from(value)
        };
        ((value - self.standard.mean) / self.standard.scale) as f32
    }

    /// Of these rows; what leaves the feature out when their values do not differ.
    fn of(column: &[f32], rows: &[u32]) -> Self {
        let out = Self {
            median: 0.0,
            standard: Standard {
                mean: 0.0,
                scale: f64::INFINITY,
            },
        };
        let Some(median) = median(column, rows).map(f64::from) else {
            return out;
        };
        let values = || {
            rows.iter().map(|&row| match f64::from(column[row as usize]) {
                missing if missing.is_nan() => median,
                value => value,
            })
        };
        let mean = values().sum::<f64>() / rows.len() as f64;
        let squares: f64 = values().map(|value| (value - mean) * (value - mean)).sum();
        let scale = (squares / rows.len() as f64).sqrt();
        match scale > 0.0 {
            true => Self {
                median,
                standard: Standard { mean, scale },
            },
            false => out,
        }
    }

    fn is_sound(&self) -> bool {
        let Standard { mean, scale } = self.standard;
        self.median.is_finite() && mean.is_finite() && scale > 0.0
    }
}

impl Neighbors {
    /// `None` unless there is a value of each feature and a weight for each label, and all of them are numbers that a fit can give.
    pub(crate) fn new(
        count: u32,
        features: Vec<Scaled>,
        values: Vec<f32>,
        labels: Vec<f32>,
        weights: Vec<f32>,
    ) -> Option<Self> {
        let whole = count > 0
            && !features.is_empty()
            && !labels.is_empty()
            && features.len().checked_mul(labels.len()) == Some(values.len())
            && weights.len() == labels.len();
        let finite = values.iter().chain(&labels).all(|value| value.is_finite());
        let weigh = weights.iter().all(|weight| *weight > 0.0 && *weight <= 1.0);
        (whole && finite && weigh && features.iter().all(Scaled::is_sound)).then_some(Self {
            count,
            features,
            values,
            labels,
            weights,
        })
    }

    /// Neighbours whose labels are averaged.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// How each column is standardised.
    pub fn features(&self) -> &[Scaled] {
        &self.features
    }

    /// The standardised values of the training rows, column by column.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Their labels.
    pub fn labels(&self) -> &[f32] {
        &self.labels
    }

    /// What each counts.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// 1 for each feature that distances are made of.
    pub(crate) fn used(&self) -> Vec<f64> {
        let used = |feature: &Scaled| f64::from(u8::from(feature.standard.scale.is_finite()));
        self.features.iter().map(used).collect()
    }

    /// The mean label of the nearest rows for each of `rows`.
    pub(crate) fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        let mut found = vec![0.0; rows.len()];
        let blocks = found.par_chunks_mut(BLOCK).zip(rows.par_chunks(BLOCK));
        blocks.for_each_init(
            || (vec![0.0; self.labels.len()], Vec::new()),
            |(distances, order), (found, rows)| {
                let span = matrix::span_of(rows);
                let columns: Vec<_> = (0..x.features()).map(|j| x.span(j, span.clone())).collect();
                for (found, &row) in found.iter_mut().zip(rows) {
                    distances.fill(0.0);
                    let at = row as usize - span.start;
                    for (j, feature) in self.features.iter().enumerate() {
                        let values = &self.values[j * self.labels.len()..][..self.labels.len()];
                        add_squares(distances, values, feature.apply(columns[j][at]));
                    }
                    *found = self.mean_of_nearest(distances, order);
                }
            },
        );
        found
    }

    fn mean_of_nearest(&self, distances: &[f32], order: &mut Vec<(f32, u32)>) -> f64 {
        order.clear();
        order.extend(distances.iter().copied().zip(0..));
        let count = (self.count as usize).min(order.len());
        let nearer = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        order.select_nth_unstable_by(count - 1, nearer);
        let nearest = &mut order[..count];
        nearest.sort_unstable_by_key(|(_, row)| *row); // one order of summing, whatever the selection did
        let (sum, weight) = nearest.iter().fold((0.0, 0.0), |(sum, total), (_, row)| {
            let weight = f64::from(self.weights[*row as usize]);
            (
                sum + weight * f64::from(self.labels[*row as usize]),
                total + weight,
            )
        });
        sum / weight
    }
}

/// Adds the squared distance in one feature, for all training rows.
fn add_squares(distances: &mut [f32], values: &[f32], value: f32) {
    for (distance, other) in distances.iter_mut().zip(values) {
        let apart = other - value;
        *distance += apart * apart;
    }
}

/// Keeps the rows of a task with these labels.
fn keep(
    spec: &KnnSpec,
    (x, rows): (&Matrix, &[u32]),
    labels: Vec<f32>,
    weights: Option<&[f32]>,
    control: &Control<'_>,
) -> Result<Neighbors, FitError> {
    if rows.len() as u64 > MOST_KNN_ROWS {
        return Err(FitError::TooManyRowsFor {
            algorithm: INFO.name,
            rows: rows.len(),
            limit: MOST_KNN_ROWS,
        });
    }
    let columns = (0..x.features()).into_par_iter().map(|j| {
        control.check()?;
        let column = x.column(j);
        let scaled = Scaled::of(&column, rows);
        let values: Vec<f32> = rows
            .iter()
            .map(|&row| scaled.apply(column[row as usize]))
            .collect();
        Ok((scaled, values))
    });
    let columns = columns.collect::<Result<Vec<_>, FitError>>()?;
    let (features, values): (Vec<Scaled>, Vec<Vec<f32>>) = columns.into_iter().unzip();
    let weights = weights.map_or_else(|| vec![1.0; rows.len()], <[f32]>::to_vec);
    (control.progress)(1, 1);
    let kept = Neighbors::new(spec.neighbors, features, values.concat(), labels, weights);
    Ok(kept.expect("standardised values of finite ones are finite"))
}

impl Learner for KnnSpec {
    fn fit(&self, task: &Task<'_>) -> Result<Model, FitError> {
        let labels = task.labels.iter().copied().map(f32::from).collect();
        let (of, weights) = ((task.x, task.rows), task.weights.as_deref());
        Ok(Model::Neighbors(keep(self, of, labels, weights, task.control)?))
    }
}

impl NumberLearner for KnnSpec {
    fn fit(&self, task: &NumberTask<'_>) -> Result<Model, FitError> {
        let (of, weights) = ((task.x, task.rows), task.weights.as_deref());
        let kept = keep(self, of, task.targets.clone(), weights, task.control)?;
        Ok(Model::Neighbors(kept))
    }
}
