//! L-BFGS (Nocedal 1980, "Updating quasi-Newton matrices with limited storage") from a preconditioner that already
//! knows most of the curvature, so that few steps are needed at any number of columns.

use super::Convergence;
use super::objective::{Objective, Value, add_scaled};
use super::precondition::Precondition;
use crate::control::Control;
use crate::fit::FitError;
use mltraining_domain::LogisticRegressionSpec;
use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 10;
/// The preconditioner is estimated anew after this step, when the weights are near where they will be.
const SECOND_ESTIMATE: u32 = 2;
/// A step is cut at most so often.
const MAX_CUTS: u32 = 30;

/// Where the search ended.
pub(super) struct Found {
    pub(super) point: Vec<f64>,
    pub(super) convergence: Convergence,
}

/// A step and by how much the gradient changed over it.
struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    product: f64,
}

/// Minimises the objective from its start.
pub(super) fn minimize(
    objective: &Objective<'_>,
    spec: &LogisticRegressionSpec,
    control: &Control<'_>,
) -> Result<Found, FitError> {
    let limit = spec.tolerance * objective.total_weight();
    let total = u64::from(spec.max_iterations);
    let mut point = objective.start();
    let mut here = objective.value(&point)?;
    let mut estimate = Precondition::at(objective, &point)?;
    let mut memory: VecDeque<Step> = VecDeque::with_capacity(MEMORY);
    for iteration in 0..spec.max_iterations {
        if largest(&here.gradient) <= limit {
            (control.progress)(total, total);
            return Ok(Found {
                point,
                convergence: Convergence::Reached(iteration),
            });
        }
        if iteration == SECOND_ESTIMATE {
            estimate = Precondition::at(objective, &point)?;
            memory.clear();
        }
        let direction = descent(&here.gradient, &memory, &estimate);
        let Some((next, value)) = line_search(objective, &point, &here, &direction)? else {
            return Ok(Found {
                point,
                convergence: Convergence::NotReached(iteration),
            });
        };
        remember(&mut memory, &point, &here, &next, &value);
        (point, here) = (next, value);
        (control.progress)(u64::from(iteration) + 1, total);
    }
    let last = spec.max_iterations;
    let reached = largest(&here.gradient) <= limit;
    let convergence = if reached {
        Convergence::Reached(last)
    } else {
        Convergence::NotReached(last)
    };
    Ok(Found { point, convergence })
}

/// The two-loop recursion: minus the estimated inverse curvature times the gradient.
fn descent(gradient: &[f64], memory: &VecDeque<Step>, estimate: &Precondition) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut factors = Vec::with_capacity(memory.len());
    for step in memory.iter().rev() {
        let factor = dot(&step.moved, &direction) / step.product;
        add_scaled(&mut direction, -factor, &step.turned);
        factors.push(factor);
    }
    estimate.solve(&mut direction);
    for (step, factor) in memory.iter().zip(factors.iter().rev()) {
        let back = dot(&step.turned, &direction) / step.product;
        add_scaled(&mut direction, factor - back, &step.moved);
    }
    direction
}

/// The first point along `direction` that lowers the loss enough (Armijo), or, where the loss has no digits left to
/// tell, lowers the slope (Hager and Zhang 2005). `None` when there is none.
fn line_search(
    objective: &Objective<'_>,
    point: &[f64],
    here: &Value,
    direction: &[f64],
) -> Result<Option<(Vec<f64>, Value)>, FitError> {
    let slope = dot(&here.gradient, direction);
    if slope.is_nan() || slope >= 0.0 {
        return Ok(None);
    }
    let mut length = 1.0;
    for _ in 0..MAX_CUTS {
        let mut next = point.to_vec();
        add_scaled(&mut next, length, direction);
        let value = objective.value(&next)?;
        let next_slope = dot(&value.gradient, direction);
        let lower = value.loss <= here.loss + 1e-4 * length * slope;
        let flat = value.loss <= here.loss + 1e-12 * here.loss.abs() && next_slope.abs() < 0.9 * slope.abs();
        if lower || flat {
            return Ok(Some((next, value)));
        }
        let secant = length * slope / (slope - next_slope);
        let (least, most) = (0.1 * length, 0.5 * length);
        length = if secant.is_finite() {
            secant.clamp(least, most)
        } else {
            least
        };
    }
    Ok(None)
}

/// Keeps a step along which the loss curves upwards, as that of a convex loss does up to rounding.
fn remember(memory: &mut VecDeque<Step>, point: &[f64], here: &Value, next: &[f64], value: &Value) {
    let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let moved = difference(next, point);
    let turned = difference(&value.gradient, &here.gradient);
    let product = dot(&moved, &turned);
    if product <= f64::EPSILON * dot(&turned, &turned).sqrt() * dot(&moved, &moved).sqrt() {
        return;
    }
    if memory.len() == MEMORY {
        memory.pop_front();
    }
    memory.push_back(Step {
        moved,
        turned,
        product,
    });
}

fn largest(gradient: &[f64]) -> f64 {
    gradient.iter().fold(0.0, |most, g| g.abs().max(most))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
