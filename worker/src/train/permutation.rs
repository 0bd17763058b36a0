//! What each feature is worth on test rows.

use super::folds::{Folding, fit_failure};
use super::untold;
use crate::work::WorkError;
use mltraining_domain::FeatureDrop;
use mltraining_learn::model::Model;
use mltraining_learn::permutation;

/// What a fold's model loses on its test rows without each feature; `None` when they lack a class.
///
/// # Errors
/// When the job is stopped.
pub(super) fn of_fold(fold: &Folding<'_>, model: &Model) -> Result<Option<Vec<f64>>, WorkError> {
    let control = untold(fold.work);
    let (labels, test, seed) = (&fold.rows.labels, &fold.part.test, fold.spec.seed);
    permutation::drops(model, fold.matrix, labels, test, seed, &control).map_err(|e| {
        fit_failure(
            e,
            &format!("importances of fold {} of {}", fold.index, fold.count),
        )
    })
}

/// Mean and deviation over the folds, in the order of the features; empty when no fold could measure them.
pub(super) fn over_folds(folds: &[Vec<f64>]) -> Vec<FeatureDrop> {
    let features = folds.first().map_or(0, Vec::len);
    let feature = |j: usize| {
        let count = folds.len() as f64;
        let mean = folds.iter().map(|drops| drops[j]).sum::<f64>() / count;
        let squares: f64 = folds.iter().map(|drops| (drops[j] - mean).powi(2)).sum();
        FeatureDrop {
            mean,
            deviation: (folds.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
        }
    };
    (0..features).map(feature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_have_a_mean_and_a_deviation_over_the_folds() {
        let found = over_folds(&[vec![0.1, 0.0], vec![0.3, 0.0]]);
        assert!((found[0].mean - 0.2).abs() < 1e-12);
        assert!((found[0].deviation.unwrap() - 0.02_f64.sqrt()).abs() < 1e-12);
        assert_eq!((found[1].mean, found[1].deviation), (0.0, Some(0.0)));
        assert_eq!(over_folds(&[vec![0.1]])[0].deviation, None);
        assert_eq!(over_folds(&[]), []);
    }
}
