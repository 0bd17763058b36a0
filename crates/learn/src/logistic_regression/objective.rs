//! The loss that is minimised, its gradient, and its curvature on a sample of the rows.

use super::design::{BLOCK, Block, Design};
use crate::control::Control;
use crate::fit::FitError;
use crate::functions::{logistic, logistic_and_softplus};
use rayon::prelude::*;

/// Partial sums that run side by side within a sum, so that several are in flight; part of the result.
const LANES: usize = 8;

/// The penalised loss of a weight vector: one weight per design column, then the intercept.
pub(super) struct Objective<'a> {
    pub(super) design: &'a Design,
    pub(super) l2: f64,
    pub(super) control: &'a Control<'a>,
}

/// The loss at a point, and its gradient.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
}

impl Objective<'_> {
    /// Sum of the rows' weights.
    pub(super) fn total_weight(&self) -> f64 {
        let (positive, negative) = self.class_totals();
        positive + negative
    }

    /// Weight of the positives and of the negatives.
    fn class_totals(&self) -> (f64, f64) {
        let rows = self
            .design
            .blocks
            .iter()
            .flat_map(|block| block.labels.iter().zip(&block.weights));
        rows.fold((0.0, 0.0), |(positive, negative), (&label, weight)| match label {
            1 => (positive + weight, negative),
            _ => (positive, negative + weight),
        })
    }

    /// Where the search begins: no weights, the log odds of the classes as intercept.
    pub(super) fn start(&self) -> Vec<f64> {
        let (positive, negative) = self.class_totals();
        let mut point = vec![0.0; self.design.width() + 1];
        point[self.design.width()] = (positive / negative).ln();
        point
    }

    /// Loss and gradient at `point`.
    pub(super) fn value(&self, point: &[f64]) -> Result<Value, FitError> {
        let parts = self
            .design
            .blocks
            .par_iter()
            .map(|block| {
                self.control.check()?;
                Ok(self.block_value(block, point))
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        let (weights, penalised) = (&point[..self.design.width()], self.l2 > 0.0);
        let mut sum = Value {
            loss: 0.0,
            gradient: vec![0.0; point.len()],
        };
        for part in &parts {
            sum.loss += part.loss;
            add_scaled(&mut sum.gradient, 1.0, &part.gradient);
        }
        if penalised {
            sum.loss += self.l2 / 2.0 * weights.iter().map(|w| w * w).sum::<f64>();
            add_scaled(&mut sum.gradient[..weights.len()], self.l2, weights);
        }
        Ok(sum)
    }

    fn block_value(&self, block: &Block, point: &[f64]) -> Value {
        let mut buffer = [0.0; BLOCK];
        let errors = &mut buffer[..block.rows()];
        log_odds(block, point, errors);
        let mut loss = 0.0;
        for ((error, &label), weight) in errors.iter_mut().zip(&block.labels).zip(&block.weights) {
            let z = *error;
            let (p, softplus) = logistic_and_softplus(z);
            let positive = f64::from(label);
            loss += weight * (softplus - positive * z);
            *error = weight * (p - positive);
        }
        let mut gradient: Vec<f64> = block.columns().map(|column| dot(column, errors)).collect();
        gradient.push(errors.iter().sum());
        Value { loss, gradient }
    }

    /// The rows' curvature weights c p (1 - p) at `point`.
    pub(super) fn curvature(&self, block: &Block, point: &[f64], curvature: &mut [f64]) {
        log_odds(block, point, curvature);
        for (curved, weight) in curvature.iter_mut().zip(&block.weights) {
            let p = logistic(*curved);
            *curved = weight * p * (1.0 - p);
        }
    }
}

/// z of each row of the block.
fn log_odds(block: &Block, point: &[f64], z: &mut [f64]) {
    z.fill(point[point.len() - 1]);
    for (column, &weight) in block.columns().zip(point) {
        for (z, &x) in z.iter_mut().zip(column) {
            *z += weight * f64::from(x);
        }
    }
}

fn dot(column: &[f32], errors: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (xs, es) = (column.chunks_exact(LANES), errors.chunks_exact(LANES));
    let rest: f64 = xs
        .remainder()
        .iter()
        .zip(es.remainder())
        .map(|(&x, e)| f64::from(x) * e)
        .sum();
    for (x, e) in xs.zip(es) {
        for lane in 0..LANES {
            lanes[lane] += f64::from(x[lane]) * e[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// `sum += factor * part`.
pub(super) fn add_scaled(sum: &mut [f64], factor: f64, part: &[f64]) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum += factor * part;
    }
}
