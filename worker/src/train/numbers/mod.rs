//! What a model of numbers is worth: the same folds, purge and order as for classes, judged by the distance from what came true.

mod baselines;
mod fold;
mod intervals;
mod period;

use super::operating::Operating;
use super::{Evaluated, folds, permutation, predictions, shuffled, slices};
use crate::work::{Work, WorkError};
use fold::{NumberFold, OutOfFold};
use mltraining_domain::{Baseline, CorrelatedFeature, Evaluation, TrainSpec, UnseenEntities};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics;
use mltraining_learn::single_features::{ALARM, correlate};
use mltraining_panel::rows::LabelledRows;
pub(super) use period::judge;

/// Fits and tests each fold of the spec's split, and sums up; the importances of the final model aside.
///
/// # Errors
/// When a fold cannot be made or fitted, or the job is stopped.
pub(super) fn evaluate(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Evaluated, WorkError> {
    let correlated = alarms(matrix, rows);
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
            shuffled = shuffled::spearman(matrix, rows, spec, work, part)?;
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
    let evaluation = Evaluation {
        overall: metrics::measure_numbers(&out.truths, &out.forecasts),
        baselines: baselines.collect(),
        skill: intervals::skill(&measured),
        intervals: Some(intervals),
        unseen: unseen(&out, rows),
        forecasts: metrics::forecast_parts(&out.truths, &out.forecasts),
        shuffled_spearman: shuffled,
        correlated,
        permutation: permutation::over_folds(&out.drops),
        slices: slices::measure(&out.rows, rows, &|places| out.measured(places)),
        folds: measured,
        ..Evaluation::default()
    };
    Ok(Evaluated {
        evaluation,
        kept: Operating::default(),
        predictions: predictions::file(out.told(), rows)?,
    })
}

/// Features that tell nearly all of the number alone.
fn alarms(matrix: &Matrix, rows: &LabelledRows) -> Vec<CorrelatedFeature> {
    let all = correlate(matrix, &rows.targets).into_iter();
    all.filter(|feature| feature.spearman.abs() > ALARM).collect()
}

/// What the folds reached on held-out entities; `None` when none was held out.
fn unseen(out: &OutOfFold, rows: &LabelledRows) -> Option<UnseenEntities> {
    (!rows.held_out.is_empty()).then(|| UnseenEntities {
        entities: rows.unseen_entities,
        metrics: metrics::measure_numbers(&out.unseen_truths, &out.unseen_forecasts),
        mean_roc_auc: None, // there are no classes
    })
}
