//! What simple rules forecast for a fold's test rows, each made from what was known before them.

use super::fold::NumberFold;
use super::folds::fit_failure;
use crate::train::untold;
use crate::work::WorkError;
use mltraining_domain::{AlgorithmSpec, Baseline, RidgeSpec, SingleRule};
use mltraining_learn::fit::FitError;
use mltraining_learn::{baseline, metrics};
use mltraining_panel::memory::BASELINE_ROWS;
use mltraining_panel::rows::LabelledRows;

/// Says the mean of the training part.
const MEAN: &str = "mean";
/// Says again what the entity's last known label was.
const LAST_VALUE: &str = "last_value";
/// Follows the one feature that tells most in the training part, by a straight line.
const SINGLE_FEATURE: &str = "best_single_feature";
/// Says that nothing changes.
const NO_CHANGE: &str = "no_change";
/// The linear model with its defaults.
const RIDGE: &str = "ridge";

/// What a baseline says of the test rows of a fold.
pub(super) struct Forecast {
    pub name: &'static str,
    pub numbers: Vec<f64>,
    rule: Option<SingleRule>,
}

impl Forecast {
    fn new(name: &'static str, numbers: Vec<f64>) -> Self {
        Self {
            name,
            numbers,
            rule: None,
        }
    }

    /// It against what came true in the same rows.
    pub(super) fn measured(&self, truths: &[f32]) -> Baseline {
        Baseline {
            name: self.name.to_owned(),
            rule: self.rule.clone(),
            metrics: metrics::measure_numbers(truths, &self.numbers),
        }
    }
}

/// For each row the number of its entity that was resolved last before its decision.
pub(super) fn last_values(rows: &LabelledRows) -> Vec<Option<f32>> {
    let mut found = Vec::with_capacity(rows.len());
    let mut start = 0;
    for &end in &rows.entity_ends {
        let of = start..end as usize;
        start = of.end;
        found.extend(baseline::last_label(
            &rows.targets[of.clone()],
            &rows.decisions[of.clone()],
            &rows.resolves[of],
        ));
    }
    found
}

/// Every baseline on the fold's test rows.
///
/// # Errors
/// When the linear one cannot be fitted, or the job is stopped.
pub(super) fn of_fold(fold: &NumberFold<'_>) -> Result<Vec<Forecast>, WorkError> {
    let (train, test) = (&fold.part.train, &fold.part.test);
    let sum: f64 = fold.truths(train).iter().copied().map(f64::from).sum();
    let mean = sum / train.len() as f64;
    let last = |&row: &u32| fold.last_values[row as usize].map_or(mean, f64::from);
    let mut found = vec![
        Forecast::new(MEAN, vec![mean; test.len()]),
        Forecast::new(LAST_VALUE, test.iter().map(last).collect()),
        single(fold, mean),
    ];
    if fold.spec.algorithm.name() != RIDGE {
        found.extend(linear(fold, mean)?);
    }
    Ok(found)
}

/// What rules that need no fit forecast for all rows: that nothing changes, and what was last known of the entity.
pub(super) fn unfitted(rows: &LabelledRows) -> Vec<Forecast> {
    let last = |known: Option<f32>| known.map_or(0.0, f64::from);
    vec![
        Forecast::new(NO_CHANGE, vec![0.0; rows.len()]),
        Forecast::new(LAST_VALUE, last_values(rows).into_iter().map(last).collect()),
    ]
}

/// `None` when there are more features than it takes.
fn linear(fold: &NumberFold<'_>, mean: f64) -> Result<Option<Forecast>, WorkError> {
    let (train, test) = (&fold.part.train, &fold.part.test);
    let ridge = AlgorithmSpec::Ridge(RidgeSpec::default());
    let rows = baseline::spread(train, BASELINE_ROWS);
    let numbers = match fold.fit_under(&ridge, &rows, &untold(fold.work)) {
        Ok(model) => model.predict(fold.matrix, test),
        Err(FitError::TooManyFeatures { .. }) => return Ok(None),
        // Rows that differ may not be among those spread over the training part.
        Err(FitError::OneValue { .. }) if train.len() > BASELINE_ROWS => vec![mean; test.len()],
        Err(error) => return Err(fit_failure(error, &format!("baseline of {}", fold.place()))),
    };
    Ok(Some(Forecast::new(RIDGE, numbers)))
}

/// The feature that tells most of the number in the training part; the mean where none has two values.
fn single(fold: &NumberFold<'_>, mean: f64) -> Forecast {
    let (train, test) = (&fold.part.train, &fold.part.test);
    let Some(line) = baseline::SingleLine::choose(fold.matrix, &fold.rows.targets, train) else {
        return Forecast::new(SINGLE_FEATURE, vec![mean; test.len()]);
    };
    Forecast {
        rule: Some(SingleRule {
            feature: fold.matrix.names()[line.feature].clone(),
            direction: line.direction,
        }),
        ..Forecast::new(SINGLE_FEATURE, line.numbers(fold.matrix, test))
    }
}
