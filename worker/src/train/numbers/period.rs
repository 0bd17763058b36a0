//! What a fitted model of numbers is worth on a period that its training does not touch. Nothing is fitted.

use super::baselines;
use super::fold::OutOfFold;
use crate::train::folds::fit_failure;
use crate::train::intervals::{resampling, told};
use crate::train::period::note;
use crate::train::{TrainInput, permutation, slices, untold};
use crate::work::{Work, WorkError};
use mltraining_domain::{Baseline, Evaluation};
use mltraining_learn::bootstrap::{self, TestedNumbers};
use mltraining_learn::model_file::ModelFile;
use mltraining_learn::{metrics, permutation as learned_permutation};

/// Judges what the model foresees of all rows, in their order; the period itself aside.
///
/// # Errors
/// When the job is stopped.
pub(in crate::train) fn judge(
    input: &TrainInput,
    file: &ModelFile,
    forecasts: Vec<f64>,
    work: &Work,
) -> Result<Evaluation, WorkError> {
    let (rows, matrix) = (&input.gathered.rows, &input.gathered.matrix);
    let out = OutOfFold {
        rows: (0..rows.len() as u32).collect(),
        truths: rows.targets.clone(),
        forecasts,
        fold_ends: vec![rows.len()],
        ..OutOfFold::default()
    };
    note(work, 1, "the baselines".to_owned());
    let beside = baselines::unfitted(rows);
    let measured: Vec<Baseline> = beside.iter().map(|rule| rule.measured(&out.truths)).collect();
    let known = beside
        .iter()
        .zip(&measured)
        .filter_map(|(rule, measured)| Some((rule, measured.metrics.regression?.rmse?)));
    let best = known.min_by(|a, b| a.1.total_cmp(&b.1));
    note(work, 2, "how sure the numbers are".to_owned());
    let tested = TestedNumbers {
        truths: &out.truths,
        forecasts: &out.forecasts,
        baseline: best.map(|(rule, _)| rule.numbers.as_slice()),
        times: &rows.decisions,
        fold_ends: &out.fold_ends,
    };
    let found = bootstrap::intervals_of_numbers(tested, resampling(&input.spec), &untold(work))
        .map_err(|e| fit_failure(e, "the intervals"))?;
    note(work, 3, "what each feature is worth".to_owned());
    let (targets, seed) = (&rows.targets, input.spec.seed);
    let drops =
        learned_permutation::drops_of_numbers(&file.model, matrix, targets, &out.rows, seed, &untold(work))
            .map_err(|e| fit_failure(e, "the importances"))?;
    note(work, 4, "the parts of the rows".to_owned());
    let overall = metrics::measure_numbers(&out.truths, &out.forecasts);
    let error = overall.regression.and_then(|found| found.rmse);
    let skill = error.zip(best).filter(|(_, (_, beside))| *beside > 0.0);
    Ok(Evaluation {
        skill: skill.map(|(error, (_, beside))| 1.0 - error / beside),
        intervals: Some(told(&found, best.map(|(rule, _)| rule.name.to_owned()))),
        baselines: measured,
        forecasts: metrics::forecast_parts(&out.truths, &out.forecasts),
        correlated: super::alarms(matrix, rows),
        importances: file.model.importances(),
        permutation: permutation::over_folds(&drops.into_iter().collect::<Vec<_>>()),
        slices: slices::measure(&out.rows, rows, &|places| out.measured(places)),
        overall,
        ..Evaluation::default()
    })
}
