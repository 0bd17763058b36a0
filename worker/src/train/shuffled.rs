//! What the algorithm finds when there is nothing to find: every label is shuffled, so that a score far from chance comes
//! from elsewhere than the rows.

use super::folds::fit_failure;
use super::{fit_progress, validation};
use crate::work::{Work, WorkError};
use mltraining_domain::TrainSpec;
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, Truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::{baseline, metrics};
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::FoldRows;

/// What this fit is called.
const PLACE: &str = "shuffled labels";

/// The ROC AUC of one fold with labels that were shuffled over all rows, about 0.5; `None` when the shuffled rows lack a class.
pub(super) fn roc_auc(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
    part: &FoldRows,
) -> Result<Option<f64>, WorkError> {
    let labels = baseline::shuffled(&rows.labels, spec.seed);
    let scores = scores(matrix, rows, spec, work, part, Truth::Classes(&labels))?;
    let tested: Vec<u8> = part.test.iter().map(|&row| labels[row as usize]).collect();
    Ok(scores.and_then(|scores| metrics::roc_auc(&tested, &scores)))
}

/// Spearman's rank correlation in one fold with numbers that were shuffled over all rows, about 0; `None` when the shuffled
/// training rows all have the same.
pub(super) fn spearman(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
    part: &FoldRows,
) -> Result<Option<f64>, WorkError> {
    let targets = baseline::shuffled(&rows.targets, spec.seed);
    let forecasts = scores(matrix, rows, spec, work, part, Truth::Numbers(&targets))?;
    let tested = part.test.iter().map(|&row| f64::from(targets[row as usize]));
    let tested: Vec<f64> = tested.collect();
    Ok(forecasts.and_then(|forecasts| metrics::spearman(&tested, &forecasts)))
}

/// What the algorithm, fitted on the fold's training rows, says of its test rows; `None` when there is nothing to fit.
fn scores(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
    part: &FoldRows,
    truth: Truth<'_>,
) -> Result<Option<Vec<f64>>, WorkError> {
    let _span = tracing::info_span!("shuffled").entered();
    let nth = spec.split.folds();
    let progress = fit_progress(work, nth, nth, PLACE, &spec.algorithm);
    let control = Control {
        cancel: work.stop.flag(),
        progress: &progress,
    };
    match validation::fit(&spec.algorithm, spec, matrix, rows, truth, &part.train, &control) {
        Ok(model) => Ok(Some(model.predict(matrix, &part.test))),
        Err(FitError::OneClass { .. } | FitError::OneValue { .. }) => Ok(None),
        Err(error) => Err(fit_failure(error, PLACE)),
    }
}
