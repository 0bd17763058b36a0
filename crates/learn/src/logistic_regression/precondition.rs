//! An estimate of the loss's curvature, by which gradients are turned into steps.

use super::design::{BLOCK, Block};
use super::objective::Objective;
use crate::fit::FitError;
use rayon::prelude::*;

/// Up to so many columns the whole matrix of second derivatives is used, beyond it their diagonal.
const FULL_WIDTH: usize = 512;
/// Rows that the estimate comes from, about.
const SAMPLE_ROWS: usize = 20_000;
/// Least ratio of a pivot to the mean of the diagonal: columns that say the same are singular without it.
const RIDGE: f64 = 1e-6;

/// The inverse of the estimated second derivatives.
pub(super) enum Precondition {
    /// Lower Cholesky factor, row by row.
    Full { factor: Vec<f64>, width: usize },
    /// The diagonal.
    Diagonal(Vec<f64>),
}

impl Precondition {
    /// Estimates the curvature at `point` from evenly spaced blocks of rows.
    pub(super) fn at(objective: &Objective<'_>, point: &[f64]) -> Result<Self, FitError> {
        let width = point.len();
        let full = width <= FULL_WIDTH;
        let blocks = &objective.design.blocks;
        let step = blocks.len().div_ceil((SAMPLE_ROWS / BLOCK).max(1));
        let parts = blocks
            .par_iter()
            .step_by(step)
            .map(|block| {
                objective.control.check()?;
                let scaled = scaled_columns(objective, block, point);
                let of = if full { products } else { squares };
                Ok((block.rows(), of(&scaled, block.rows())))
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let rows: usize = parts.iter().map(|(rows, _)| rows).sum();
        let scale = objective.design.rows as f64 / rows as f64;
        let mut sum = vec![0.0; if full { width * width } else { width }];
        for (_, part) in &parts {
            super::objective::add_scaled(&mut sum, scale, part);
        }
        let stride = if full { width + 1 } else { 1 };
        let diagonal = || (0..width).map(|j| j * stride);
        let ridge = RIDGE * diagonal().map(|j| sum[j]).sum::<f64>() / width as f64;
        for (j, at) in diagonal().enumerate() {
            sum[at] += ridge + if j + 1 < width { objective.l2 } else { 0.0 };
        }
        if full {
            factorize(&mut sum, width, ridge);
            return Ok(Self::Full { factor: sum, width });
        }
        Ok(Self::Diagonal(sum))
    }

    /// Turns a gradient into the step that would end in the minimum, were the estimate right.
    pub(super) fn solve(&self, vector: &mut [f64]) {
        match self {
            Self::Full { factor, width } => solve_lower(factor, *width, vector),
            Self::Diagonal(diagonal) => {
                for (v, d) in vector.iter_mut().zip(diagonal) {
                    *v /= d;
                }
            }
        }
    }
}

/// The block's columns and a last one of 1, each times the roots of the rows' curvature: sums of products of these are
/// sums of curvature x x^T.
fn scaled_columns(objective: &Objective<'_>, block: &Block, point: &[f64]) -> Vec<f32> {
    let mut buffer = [0.0; BLOCK];
    let curvature = &mut buffer[..block.rows()];
    objective.curvature(block, point, curvature);
    let roots: Vec<f32> = curvature.iter().map(|c| c.sqrt() as f32).collect();
    let mut scaled: Vec<f32> = Vec::with_capacity(point.len() * block.rows());
    for column in block.columns() {
        scaled.extend(column.iter().zip(&roots).map(|(x, root)| x * root));
    }
    scaled.extend(&roots);
    scaled
}

/// Products of each column with itself.
fn squares(scaled: &[f32], rows: usize) -> Vec<f64> {
    scaled
        .chunks_exact(rows)
        .map(|column| dot(column, column))
        .collect()
}

/// Products of all pairs of columns, lower triangle, row by row.
fn products(scaled: &[f32], rows: usize) -> Vec<f64> {
    let columns: Vec<&[f32]> = scaled.chunks_exact(rows).collect();
    let width = columns.len();
    let mut sums = vec![0.0; width * width];
    for (j, left) in columns.iter().enumerate() {
        for (k, right) in columns[..=j].iter().enumerate() {
            sums[j * width + k] = dot(left, right);
        }
    }
    sums
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    let mut lanes = [0f32; 8];
    let (ls, rs) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f32 = ls
        .remainder()
        .iter()
        .zip(rs.remainder())
        .map(|(l, r)| l * r)
        .sum();
    for (l, r) in ls.zip(rs) {
        for lane in 0..8 {
            lanes[lane] += l[lane] * r[lane];
        }
    }
    f64::from(lanes.iter().sum::<f32>() + rest)
}

/// Cholesky factor of the lower triangle, in place. A pivot below `least` is raised to it.
fn factorize(a: &mut [f64], width: usize, least: f64) {
    for row in 0..width {
        for column in 0..=row {
            let (upper, lower) = (column * width, row * width);
            let dot: f64 = (0..column).map(|k| a[lower + k] * a[upper + k]).sum();
            let rest = a[lower + column] - dot;
            a[lower + column] = if row == column {
                rest.max(least).max(f64::MIN_POSITIVE).sqrt()
            } else {
                rest / a[upper + column]
            };
        }
    }
}

/// Solves L L^T x = `vector` in place.
fn solve_lower(factor: &[f64], width: usize, vector: &mut [f64]) {
    for row in 0..width {
        let known: f64 = (0..row).map(|k| factor[row * width + k] * vector[k]).sum();
        vector[row] = (vector[row] - known) / factor[row * width + row];
    }
    for row in (0..width).rev() {
        let known: f64 = (row + 1..width)
            .map(|k| factor[k * width + row] * vector[k])
            .sum();
        vector[row] = (vector[row] - known) / factor[row * width + row];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_solves_what_it_was_made_from() {
        let a = [4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let mut factor = a.to_vec();
        factorize(&mut factor, 3, 0.0);
        let mut x = vec![
            4.0 - 2.0 * 2.0 + 3.0,
            2.0 - 5.0 * 2.0 + 9.0,
            1.0 - 3.0 * 2.0 + 18.0,
        ];
        solve_lower(&factor, 3, &mut x);
        for (found, expected) in x.iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-12, "{x:?}");
        }
    }
}
