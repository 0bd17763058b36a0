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
pub(super) const PLACE: &str = "shuffled labels";

/// Fits the algorithm on a fold's training rows and tests it on its test rows, both with labels that were shuffled over all
/// rows: the ROC AUC, about 0.5. `None` when the shuffled rows lack a class.
pub(super) fn roc_auc(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
    part: &FoldRows,
) -> Result<Option<f64>, WorkError> {
    let _span = tracing::info_span!("shuffled").entered();
    let labels = baseline::shuffled(&rows.labels, spec.seed);
    let nth = spec.split.folds();
    let progress = fit_progress(work, nth, nth, PLACE, &spec.algorithm);
    let control = Control {
        cancel: work.stop.flag(),
        progress: &progress,
    };
    let model = match validation::fit(
        &spec.algorithm,
        spec,
        matrix,
        rows,
        Truth::Classes(&labels),
        &part.train,
        &control,
    ) {
        Ok(model) => model,
        Err(FitError::OneClass { .. }) => return Ok(None),
        Err(error) => return Err(fit_failure(error, PLACE)),
    };
    let tested: Vec<u8> = part.test.iter().map(|&row| labels[row as usize]).collect();
    Ok(metrics::roc_auc(&tested, &model.predict(matrix, &part.test)))
}
