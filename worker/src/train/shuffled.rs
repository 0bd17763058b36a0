//! What the algorithm finds when there is nothing to find: every label is shuffled, so that a score far from chance comes
//! from elsewhere than the rows.

use super::folds::fit_failure;
use super::{step_word, weights};
use crate::work::{Work, WorkError};
use mltraining_domain::{TrainSpec, WorkPhase};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{self, FitError};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::{baseline, metrics};
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::FoldRows;

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
    let folds = u64::from(spec.split.folds());
    let progress = |done: u64, total: u64| {
        let text = format!(
            "shuffled labels: {} {done} of {total}",
            step_word(&spec.algorithm)
        );
        let (step, steps) = (folds * total + done, (folds + 2) * total);
        work.board.note(WorkPhase::Fit, step, steps, text);
    };
    let control = Control {
        cancel: work.stop.flag(),
        progress: &progress,
    };
    let weights = weights::of(rows, &part.train, spec.sample_weight);
    let model = match fit::fit_weighted(
        &spec.algorithm,
        matrix,
        &part.train,
        &labels,
        weights.as_deref(),
        spec.seed,
        &control,
    ) {
        Ok(model) => model,
        Err(FitError::OneClass { .. }) => return Ok(None),
        Err(error) => return Err(fit_failure(error, "shuffled labels")),
    };
    let tested: Vec<u8> = part.test.iter().map(|&row| labels[row as usize]).collect();
    Ok(metrics::roc_auc(&tested, &model.predict(matrix, &part.test)))
}
