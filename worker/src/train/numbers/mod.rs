//! What a model of numbers is worth: the same folds, purge and order as for classes, judged by the distance from what came true.

mod baselines;
mod fold;
mod intervals;

use super::{fit_progress, folds, permutation, shuffled, slices, validation};
use crate::work::{Work, WorkError};
use fold::{NumberFold, OutOfFold};
use mltraining_domain::{Baseline, Evaluation, Fold, TrainSpec, UnseenEntities};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, Truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::single_features::{ALARM, correlate};
use mltraining_learn::{baseline, metrics};
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::FoldRows;

/// Fits and tests each fold of the spec's split, and sums up; the importances of the final model aside.
///
/// # Errors
/// When a fold cannot be made or fitted, or the job is stopped.
pub(super) fn evaluate(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Evaluation, WorkError> {
    let correlated = correlate(matrix, &rows.targets).into_iter();
    let correlated = correlated
        .filter(|feature| feature.spearman.abs() > ALARM)
        .collect();
    let last_values = baselines::last_values(rows);
    let (mut out, mut measured, mut shuffled) = (OutOfFold::default(), Vec::new(), None);
    let span = tracing::info_span!("folds", folds = spec.split.folds()).entered();
    folds::each(rows, spec, work, |part| {
        let fold = NumberFold {
            matrix,
            rows,
            spec,
            work,
            part,
            last_values: &last_values,
        };
        measured.push(fold.run(&mut out)?);
        if part.index == spec.split.folds() {
            shuffled = shuffled_spearman(matrix, rows, spec, work, part)?;
        }
        Ok(())
    })?;
    drop(span);
    let _span = tracing::info_span!("evaluate").entered();
    let intervals = intervals::measure(&mut measured, &out, rows, spec, work)?;
    let baselines = out.baselines.iter().map(|(name, forecasts)| Baseline {
        name: (*name).to_owned(),
        rule: None, // each fold has its own
        metrics: metrics::measure_numbers(&out.truths, forecasts),
    });
    Ok(Evaluation {
        overall: metrics::measure_numbers(&out.truths, &out.forecasts),
        baselines: baselines.collect(),
        skill: intervals::skill(&measured),
        intervals: Some(intervals),
        unseen: unseen(&out, rows),
        shuffled_spearman: shuffled,
        correlated,
        permutation: permutation::over_folds(&out.drops),
        slices: slices::measure(&out.rows, rows, &|places| out.measured(places)),
        folds: measured,
        ..Evaluation::default()
    })
}

/// What the folds reached on held-out entities; `None` when none was held out.
fn unseen(out: &OutOfFold, rows: &LabelledRows) -> Option<UnseenEntities> {
    (!rows.held_out.is_empty()).then(|| UnseenEntities {
        entities: rows.unseen_entities,
        metrics: metrics::measure_numbers(&out.unseen_truths, &out.unseen_forecasts),
        mean_roc_auc: None, // there are no classes
    })
}

/// Fits the algorithm on a fold's training rows and tests it on its test rows, both with numbers that were shuffled over all rows:
/// Spearman's rank correlation, about 0. `None` when the shuffled training rows all have the same.
fn shuffled_spearman(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
    part: &FoldRows,
) -> Result<Option<f64>, WorkError> {
    let _span = tracing::info_span!("shuffled").entered();
    let targets = baseline::shuffled(&rows.targets, spec.seed);
    let place = shuffled::PLACE;
    let progress = fit_progress(
        work,
        spec.split.folds(),
        spec.split.folds(),
        place,
        &spec.algorithm,
    );
    let control = Control {
        cancel: work.stop.flag(),
        progress: &progress,
    };
    let truth = Truth::Numbers(&targets);
    let model = match validation::fit(&spec.algorithm, spec, matrix, rows, truth, &part.train, &control) {
        Ok(model) => model,
        Err(FitError::OneValue { .. }) => return Ok(None),
        Err(error) => return Err(folds::fit_failure(error, place)),
    };
    let tested = part.test.iter().map(|&row| f64::from(targets[row as usize]));
    let tested: Vec<f64> = tested.collect();
    Ok(metrics::spearman(&tested, &model.predict(matrix, &part.test)))
}

/// The mean over the folds; `None` when one lacks the value.
fn mean(measured: &[Fold], of: impl Fn(&Fold) -> Option<f64>) -> Option<f64> {
    let all: Option<Vec<f64>> = measured.iter().map(of).collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.iter().sum::<f64>() / all.len() as f64)
}
