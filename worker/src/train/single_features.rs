//! What is done about features that tell nearly all of the label alone.

use super::user_failure;
use crate::work::WorkError;
use mltraining_domain::names::first_of;
use mltraining_domain::{Reason, SingleFeature, TrainSpec, WorkPhase};
use mltraining_learn::single_features::{ALARM, NEAR_COPY};

/// So many features are named.
const NAMED: usize = 5;

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
