//! The training rows, standardised, in blocks that are worked on one at a time.

use super::Standard;
use crate::class_weight::Weights;
use crate::fit::{FitError, Task};
use crate::matrix;
use rayon::prelude::*;

/// Rows of a block: a block of some tens of features stays in the nearest cache while it is read twice. Sums over rows
/// are sums over blocks in order, so this number is part of the result.
pub(super) const BLOCK: usize = 512;

/// Standardised columns, without those that have no two values.
pub(super) struct Design {
    pub(super) blocks: Vec<Block>,
    /// The matrix columns that are in the blocks.
    pub(super) columns: Vec<usize>,
    /// Of every matrix column.
    pub(super) standards: Vec<Standard>,
    pub(super) rows: usize,
}

/// Up to [`BLOCK`] rows, column by column.
pub(super) struct Block {
    values: Vec<f32>,
    pub(super) labels: Vec<u8>,
    /// What each row counts: the weight of its class times its own.
    pub(super) weights: Vec<f64>,
}

impl Design {
    /// Standardises the task's rows. Missing values become 0, which is the mean.
    pub(super) fn of(task: &Task<'_>, classes: Weights) -> Result<Self, FitError> {
        let found = (0..task.x.features())
            .into_par_iter()
            .map(|feature| {
                task.control.check()?;
                Ok(standard(&task.x.column(feature), task.rows))
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let columns: Vec<usize> = (0..found.len()).filter(|&j| found[j].is_some()).collect();
        let unused = Standard {
            mean: 0.0,
            scale: 1.0,
        };
        let standards: Vec<Standard> = found.iter().map(|s| s.unwrap_or(unused)).collect();
        let blocks = task
            .rows
            .par_chunks(BLOCK)
            .zip(task.labels.par_chunks(BLOCK))
            .enumerate()
            .map(|(nth, (rows, labels))| {
                task.control.check()?;
                let mut values = Vec::with_capacity(rows.len() * columns.len());
                let span = matrix::span_of(rows);
                for &column in &columns {
                    let (x, standard) = (task.x.span(column, span.clone()), standards[column]);
                    let value = |&row: &u32| standard.apply(x[row as usize - span.start]) as f32;
                    values.extend(rows.iter().map(value));
                }
                let own = task.weights.as_ref().map(|all| &all[nth * BLOCK..]);
                let own = |row: usize| own.map_or(1.0, |own| f64::from(own[row]));
                let weight = |(row, &label): (usize, &u8)| classes.of_label(label) * own(row);
                Ok(Block {
                    values,
                    labels: labels.to_vec(),
                    weights: labels.iter().enumerate().map(weight).collect(),
                })
            })
            .collect::<Result<_, FitError>>()?;
        Ok(Self {
            blocks,
            columns,
            standards,
            rows: task.rows.len(),
        })
    }

    /// Number of columns in the blocks.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }
}

impl Block {
    pub(super) fn rows(&self) -> usize {
        self.labels.len()
    }

    /// The columns, in order.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.rows())
    }
}

/// Mean of the rows that have a value, and the standard deviation when the mean stands in for the others; `None` when the
/// values do not differ.
pub(crate) fn standard(column: &[f32], rows: &[u32]) -> Option<Standard> {
    let values = || {
        rows.iter()
            .map(|&row| column[row as usize])
            .filter(|v| !v.is_nan())
            .map(f64::from)
    };
    let (mut count, mut sum, mut low, mut high) = (0u64, 0.0, f64::INFINITY, f64::NEG_INFINITY);
    for value in values() {
        count += 1;
        sum += value;
        low = value.min(low);
        high = value.max(high);
    }
    if count == 0 || low == high {
        return None;
    }
    let mean = sum / count as f64;
    let squares: f64 = values().map(|value| (value - mean) * (value - mean)).sum();
    let scale = (squares / rows.len() as f64).sqrt();
    Some(Standard { mean, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_training_rows_with_the_mean_for_missing_values() {
        let column = [1.0, f32::NAN, 3.0, 100.0];
        let expected = |mean, scale| Some(Standard { mean, scale });
        assert_eq!(standard(&column, &[0, 2]), expected(2.0, 1.0));
        assert_eq!(standard(&column, &[0, 1, 1, 1, 2, 1, 1, 1]), expected(2.0, 0.5));
        assert_eq!(standard(&column, &[1, 3, 3]), None);
        assert_eq!(standard(&column, &[1]), None);
    }
}
