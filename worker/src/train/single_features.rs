//! What single features tell of the label. One that tells nearly all of it is a leak more often than a discovery.

use super::user_failure;
use crate::work::WorkError;
use mltraining_domain::names::first_of;
use mltraining_domain::{Reason, SingleFeature, TrainSpec, WorkPhase};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics;
use mltraining_panel::rows::LabelledRows;
use rayon::prelude::*;

/// A feature that parts the classes better than this alone is told with the model.
const ALARM: f64 = 0.95;
/// A feature that parts the classes so well alone is a copy of the column that tells the label.
const NEAR_COPY: f64 = 0.999;
/// With fewer rows of a class, chance parts them.
const ENOUGH: usize = 50;
/// So many rows, evenly spaced, say it well enough.
const LOOKED_AT: usize = 100_000;
/// So many features are named.
const NAMED: usize = 5;

/// Every feature that can be measured, in the order of the matrix.
pub(super) fn measure(matrix: &Matrix, rows: &LabelledRows) -> Vec<SingleFeature> {
    let step = rows.labels.len().div_ceil(LOOKED_AT).max(1);
    let features = (0..matrix.features()).into_par_iter();
    let measured = features.filter_map(|j| {
        let column = matrix.column(j);
        let known = (0..rows.labels.len())
            .step_by(step)
            .filter(|row| !column[*row].is_nan());
        let (labels, values): (Vec<u8>, Vec<f64>) = known
            .map(|row| (rows.labels[row], f64::from(column[row])))
            .unzip();
        let positives = labels.iter().filter(|label| **label == 1).count();
        if positives < ENOUGH || labels.len() - positives < ENOUGH {
            return None;
        }
        let auc = metrics::roc_auc(&labels, &values)?;
        Some(SingleFeature {
            name: matrix.names()[j].clone(),
            roc_auc: auc.max(1.0 - auc),
        })
    });
    measured.collect()
}

/// Those that tell nearly all of the label alone.
pub(super) fn alarms(singles: Vec<SingleFeature>) -> Vec<SingleFeature> {
    let alarming = singles.into_iter().filter(|single| single.roc_auc > ALARM);
    alarming.collect()
}

/// Refuses features that are near copies of the column that tells the label of a row at the row's own time.
///
/// # Errors
/// FEATURE_LEAKS_LABEL with the names.
pub(super) fn refuse_copies(of: &str, singles: &[SingleFeature], spec: &TrainSpec) -> Result<(), WorkError> {
    let copies: Vec<String> = singles
        .iter()
        .filter(|single| single.roc_auc >= NEAR_COPY)
        .map(|single| format!("`{}`", single.name))
        .collect();
    if copies.is_empty() {
        return Ok(());
    }
    let text = format!(
        "{}: alone as good as `{of}`, which tells the label ({}) at the row's own time; exclude such near copies of it, \
         or foresee it with a horizon",
        first_of(&copies, NAMED),
        spec.label.name(),
    );
    Err(user_failure(Reason::FeatureLeaksLabel, WorkPhase::Features, text))
}
