//! What boosting makes of the rows of a fit: one loss for classes, one for numbers.

use super::data::{Kept, KeptTruth};
use super::gradient::NUMBER_WEIGHT;
use super::penalty::Penalty;
use crate::class_weight::Weights;
use crate::control::Control;
use crate::fit::{FitError, NumberTask, Task};
use crate::functions::ln;
use crate::matrix::Matrix;
use crate::variance_trees::above;
use mltraining_domain::GradientBoostingSpec;
use std::borrow::Cow;

/// The rows of one fit and how their loss is scaled.
pub(super) struct FitRows<'a> {
    pub(super) x: &'a Matrix,
    pub(super) rows: &'a [u32],
    pub(super) kept: Kept<'a>,
    /// `None` unless the trees are to end early.
    pub(super) validation: Option<(&'a [u32], Kept<'a>)>,
    pub(super) penalty: Penalty,
    /// What every prediction begins with, on the scale of the margins.
    pub(super) base: f64,
    pub(super) scale: Scale,
    pub(super) seed: u64,
    pub(super) control: &'a Control<'a>,
}

/// From the numbers that trees are grown on to those that they say.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// What gains are in units of.
    pub(super) gain: f64,
    /// What leaves are in units of; a power of 2, so that nothing is rounded.
    pub(super) leaf: f32,
    /// What is added to the base of the finished model.
    pub(super) shift: f64,
}

impl<'a> FitRows<'a> {
    /// Of classes: margins are log odds, gains in units of the heaviest class.
    pub(super) fn of_classes(spec: &GradientBoostingSpec, task: &'a Task<'a>) -> Result<Self, FitError> {
        let Weights { negative, positive } = task.class_weights(spec.class_weight);
        let unit = f64::max(negative, positive);
        let by_class = [negative, positive].map(|weight| (weight / unit) as f32);
        let kept = |labels: &'a [u8], weights: Option<&'a [f32]>| Kept {
            truth: KeptTruth::Classes {
                labels: Cow::Borrowed(labels),
                by_class,
            },
            by_row: weights.map(Cow::Borrowed),
        };
        let validation = task.validation.as_ref();
        let validation = validation.map(|later| (later.rows, kept(&later.labels, later.weights.as_deref())));
        Ok(Self {
            x: task.x,
            rows: task.rows,
            kept: kept(&task.labels, task.weights.as_deref()),
            validation: stop_by(spec, validation)?,
            penalty: Penalty::of(spec, unit),
            base: ln(positive * task.positive_weight / (negative * task.negative_weight)),
            scale: Scale {
                gain: unit,
                leaf: 1.0,
                shift: 0.0,
            },
            seed: task.seed,
            control: task.control,
        })
    }

    /// Of numbers: margins are distances from their mean in units that none exceeds.
    pub(super) fn of_numbers(
        spec: &GradientBoostingSpec,
        task: &'a NumberTask<'a>,
    ) -> Result<Self, FitError> {
        let apart = |target: &f32| f64::from(*target) - task.mean;
        let most = task
            .targets
            .iter()
            .map(|target| apart(target).abs())
            .fold(0.0, f64::max);
        let scale = above(most);
        let kept = |targets: &[f32], weights: Option<&'a [f32]>| Kept {
            truth: KeptTruth::Numbers(
                targets
                    .iter()
                    .map(|target| (apart(target) / scale) as f32)
                    .collect(),
            ),
            by_row: weights.map(Cow::Borrowed),
        };
        let validation = task.validation.as_ref();
        let validation = validation.map(|later| (later.rows, kept(&later.targets, later.weights.as_deref())));
        let squares = task.targets.iter().map(|target| (apart(target) / scale).powi(2));
        let variance = squares.sum::<f64>() / task.targets.len() as f64;
        let unit = f64::from(1.0 / NUMBER_WEIGHT);
        Ok(Self {
            x: task.x,
            rows: task.rows,
            kept: kept(&task.targets, task.weights.as_deref()),
            validation: stop_by(spec, validation)?,
            penalty: Penalty::of_numbers(spec, unit, scale, variance),
            base: 0.0,
            scale: Scale {
                gain: unit * scale * scale,
                leaf: scale as f32,
                shift: task.mean,
            },
            seed: task.seed,
            control: task.control,
        })
    }
}

/// The validation rows, if the trees are to end early.
fn stop_by<T>(spec: &GradientBoostingSpec, rows: Option<T>) -> Result<Option<T>, FitError> {
    match (spec.early_stopping, rows) {
        (None, _) => Ok(None),
        (Some(_), None) => Err(FitError::NoValidationRows),
        (Some(_), rows) => Ok(rows),
    }
}
