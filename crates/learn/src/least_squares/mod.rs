//! Sums of products of standardised features and the number to foresee: all that linear models of numbers need to know of the rows.

use crate::fit::{FitError, NumberTask};
use crate::logistic_regression::design::standard;
use crate::logistic_regression::{Convergence, Linear, Standard};
use crate::matrix;
use rayon::prelude::*;

/// No more features: sums are kept for each pair of them.
pub(crate) const MOST_FEATURES: usize = 1000;
/// Rows that are held in full at a time. Sums over rows are sums over blocks in order, so this is part of the result.
const BLOCK: usize = 512;
/// Rows whose sums one thread makes, and parts whose sums are held side by side; both are part of the result.
const PART: usize = 64 * BLOCK;
const AT_ONCE: usize = 8;
/// Products that are summed side by side.
const LANES: usize = 8;

/// Weighted sums around the weighted means.
pub(crate) struct Gram {
    /// The matrix columns that have two values.
    columns: Vec<usize>,
    /// Of every matrix column.
    standards: Vec<Standard>,
    /// Sum of the weights.
    pub(crate) weight: f64,
    /// Means of the columns.
    means: Vec<f64>,
    /// Row by row, a sum of products for each pair of columns.
    products: Vec<f64>,
    /// The sum of products of each column with the label.
    pub(crate) with_label: Vec<f64>,
    /// The sum of squares of the label.
    pub(crate) label: f64,
    /// Mean of the label.
    mean: f64,
}

impl Gram {
    /// Of the task's rows. A missing value counts as the mean of its column, which is 0 when standardised.
    pub(crate) fn of(task: &NumberTask<'_>) -> Result<Self, FitError> {
        let features = task.x.features();
        if features > MOST_FEATURES {
            return Err(FitError::TooManyFeatures {
                features,
                limit: MOST_FEATURES,
            });
        }
        let found = (0..features).into_par_iter().map(|feature| {
            task.control.check()?;
            Ok(standard(&task.x.column(feature), task.rows))
        });
        let found = found.collect::<Result<Vec<_>, FitError>>()?;
        let columns: Vec<usize> = (0..features).filter(|&j| found[j].is_some()).collect();
        let unused = Standard {
            mean: 0.0,
            scale: 1.0,
        };
        let standards: Vec<Standard> = found.iter().map(|s| s.unwrap_or(unused)).collect();
        let sums = sums(task, &columns, &standards)?;
        Ok(Self::around_means(&sums, columns, standards, task.mean))
    }

    /// `sums` are those of the columns, then of the label less `mean`, then of 1, by pairs: whole rows of a square.
    fn around_means(sums: &[f64], columns: Vec<usize>, standards: Vec<Standard>, mean: f64) -> Self {
        let (width, count) = (columns.len() + 2, columns.len());
        let at = |i: usize, j: usize| sums[i.max(j) * width + i.min(j)];
        let weight = at(count + 1, count + 1);
        let means: Vec<f64> = (0..=count).map(|i| at(count + 1, i) / weight).collect();
        let around = |i: usize, j: usize| at(i, j) - weight * means[i] * means[j];
        let pairs = (0..count).flat_map(|i| (0..count).map(move |j| (i, j)));
        Self {
            products: pairs.map(|(i, j)| around(i, j)).collect(),
            with_label: (0..count).map(|i| around(count, i)).collect(),
            label: around(count, count),
            mean: mean + means[count],
            means,
            weight,
            columns,
            standards,
        }
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The sum of products of two columns.
    pub(crate) fn product(&self, i: usize, j: usize) -> f64 {
        self.products[i * self.width() + j]
    }

    /// The model with these weights of the columns.
    pub(crate) fn model(self, found: &[f64], convergence: Convergence) -> Linear {
        let mut weights = vec![0.0; self.standards.len()];
        for (&column, weight) in self.columns.iter().zip(found) {
            weights[column] = *weight;
        }
        let moved: f64 = self
            .means
            .iter()
            .zip(found)
            .map(|(mean, weight)| mean * weight)
            .sum();
        let linear = Linear::new(self.mean - moved, weights, self.standards, convergence);
        linear.expect("weights of finite columns and numbers are finite")
    }
}

/// Weighted sums of products by pairs of: the columns, the label less the task's mean, and 1; the lower half of a square.
fn sums(task: &NumberTask<'_>, columns: &[usize], standards: &[Standard]) -> Result<Vec<f64>, FitError> {
    let width = columns.len() + 2;
    let mut sums = vec![0.0; width * width];
    let places: Vec<usize> = (0..task.rows.len()).step_by(PART).collect();
    for some in places.chunks(AT_ONCE) {
        let parts = some.into_par_iter().map(|&first| {
            let end = (first + PART).min(task.rows.len());
            let mut sums = vec![0.0; width * width];
            for first in (first..end).step_by(BLOCK) {
                task.control.check()?;
                let block = Block::of(task, columns, standards, first..(first + BLOCK).min(end));
                block.add_to(&mut sums);
            }
            Ok(sums)
        });
        for part in parts.collect::<Result<Vec<_>, FitError>>()? {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
    }
    Ok(sums)
}

/// Some rows, column by column.
struct Block {
    values: Vec<f64>,
    weights: Vec<f64>,
}

impl Block {
    fn of(
        task: &NumberTask<'_>,
        columns: &[usize],
        standards: &[Standard],
        places: std::ops::Range<usize>,
    ) -> Self {
        let rows = &task.rows[places.clone()];
        let span = matrix::span_of(rows);
        let mut values = Vec::with_capacity(rows.len() * (columns.len() + 2));
        for &column in columns {
            let (x, standard) = (task.x.span(column, span.clone()), standards[column]);
            values.extend(
                rows.iter()
                    .map(|&row| standard.apply(x[row as usize - span.start])),
            );
        }
        let labels = task.targets[places.clone()].iter();
        values.extend(labels.map(|target| f64::from(*target) - task.mean));
        values.extend(std::iter::repeat_n(1.0, rows.len()));
        let weights = match &task.weights {
            None => vec![1.0; rows.len()],
            Some(weights) => weights[places].iter().map(|weight| f64::from(*weight)).collect(),
        };
        Self { values, weights }
    }

    fn add_to(&self, sums: &mut [f64]) {
        let rows = self.weights.len();
        let width = self.values.len() / rows;
        let mut weighed = vec![0.0; rows];
        for (i, column) in self.values.chunks_exact(rows).enumerate() {
            for ((out, value), weight) in weighed.iter_mut().zip(column).zip(&self.weights) {
                *out = value * weight;
            }
            let others = self.values.chunks_exact(rows).take(i + 1);
            for (sum, other) in sums[i * width..].iter_mut().zip(others) {
                *sum += dot(&weighed, other);
            }
        }
    }
}

/// Summed in lanes, which are joined in order.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (a, b) = (a.chunks(LANES), b.chunks(LANES));
    for (a, b) in a.zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}
