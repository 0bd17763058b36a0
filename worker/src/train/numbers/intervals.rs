//! What the model adds to the best baseline, and how sure that is.

use super::fold::OutOfFold;
use super::folds::fit_failure;
use crate::train::intervals::{mean, resampling, told};
use crate::train::untold;
use crate::work::{Work, WorkError};
use mltraining_domain::{Fold, Intervals, TrainSpec};
use mltraining_learn::bootstrap::{self, TestedNumbers};
use mltraining_panel::rows::LabelledRows;

/// The mean over the folds of 1 - RMSE / RMSE of the best baseline. Unset when that makes no error in a fold.
pub(super) fn skill(measured: &[Fold]) -> Option<f64> {
    let best = best_baseline(measured)?;
    mean(measured, |fold| {
        let model = fold.metrics.regression?.rmse?;
        let beside = rmse_of(fold, best)?;
        (beside > 0.0).then(|| 1.0 - model / beside)
    })
}

/// The baseline with the lowest mean RMSE over the folds.
fn best_baseline(measured: &[Fold]) -> Option<&str> {
    let names = measured.first()?.baselines.iter().map(|b| b.name.as_str());
    let means = names.filter_map(|name| Some((name, mean(measured, |fold| rmse_of(fold, name))?)));
    means.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| name)
}

fn rmse_of(fold: &Fold, name: &str) -> Option<f64> {
    let named = fold.baselines.iter().find(|baseline| baseline.name == name)?;
    named.metrics.regression?.rmse
}

/// Draws blocks of time: the intervals over all folds, and into each fold its own.
///
/// # Errors
/// When the job is stopped.
pub(super) fn measure(
    measured: &mut [Fold],
    out: &OutOfFold,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Intervals, WorkError> {
    let best = best_baseline(measured).map(str::to_owned);
    let numbers_of = |name: &String| {
        let named = out.baselines.iter().find(|(known, _)| known == name);
        named.map(|(_, numbers)| numbers.as_slice())
    };
    let times: Vec<i64> = out.rows.iter().map(|&row| rows.decisions[row as usize]).collect();
    let tested = TestedNumbers {
        truths: &out.truths,
        forecasts: &out.forecasts,
        baseline: best.as_ref().and_then(numbers_of),
        times: &times,
        fold_ends: &out.fold_ends,
    };
    let mut found = bootstrap::intervals_of_numbers(tested, resampling(spec), &untold(work))
        .map_err(|e| fit_failure(e, "the intervals"))?;
    for (fold, intervals) in measured.iter_mut().zip(std::mem::take(&mut found.folds)) {
        fold.intervals = Some(intervals);
    }
    Ok(told(&found, best))
}
