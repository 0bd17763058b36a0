//! What the model adds to the best baseline, and how sure that is.

use super::folds::{CrossValidation, OutOfFold, fit_failure};
use super::untold;
use crate::work::{Work, WorkError};
use mltraining_domain::{Fold, Interval, Intervals, ScoreIntervals, Span, TrainSpec, Verdict};
use mltraining_learn::bootstrap::{self, Found, Resampling, Tested};
use mltraining_panel::rows::LabelledRows;

/// How often blocks are drawn.
const RESAMPLES: u32 = 1000;
/// A block is never shorter: what drives a market changes from day to day.
const LEAST_BLOCK: Span = Span::from_mins(24 * 60);

/// Mean ROC AUC of the folds, less that of the best baseline. Folds are compared, not pooled scores: in the pool even a
/// constant gains from the drift of the prevalence between folds. Unset unless every fold has both classes.
pub(super) fn skill(folds: &[Fold]) -> Option<f64> {
    let (_, best) = best_baseline(folds)?;
    mean(folds, |fold| fold.metrics.roc_auc).map(|auc| auc - best)
}

/// The baseline with the highest mean ROC AUC over the folds, and that mean.
pub(super) fn best_baseline(folds: &[Fold]) -> Option<(&str, f64)> {
    let names = folds.first()?.baselines.iter().map(|b| b.name.as_str());
    let means = names.filter_map(|name| {
        let of = |fold: &Fold| fold.baselines.iter().find(|b| b.name == name)?.metrics.roc_auc;
        Some((name, mean(folds, of)?))
    });
    means.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The mean over the folds; `None` when one lacks the value or there are no folds.
pub(super) fn mean(folds: &[Fold], of: impl Fn(&Fold) -> Option<f64>) -> Option<f64> {
    let all: Option<Vec<f64>> = folds.iter().map(of).collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.iter().sum::<f64>() / all.len() as f64)
}

/// Draws blocks of time: the intervals over all folds, and into each fold its own.
///
/// # Errors
/// When the job is stopped.
pub(super) fn measure(
    validated: &mut CrossValidation,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Intervals, WorkError> {
    let best = best_baseline(&validated.folds).map(|(name, _)| name.to_owned());
    let (intervals, of_folds) = over_folds(&validated.out_of_fold, best, rows, spec, work)?;
    for (fold, intervals) in validated.folds.iter_mut().zip(of_folds) {
        fold.intervals = Some(intervals);
    }
    Ok(intervals)
}

/// Draws blocks of time of all that was tested, held against the baseline `best`: the intervals of all, and those of each fold.
///
/// # Errors
/// When the job is stopped.
pub(super) fn over_folds(
    out: &OutOfFold,
    best: Option<String>,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<(Intervals, Vec<ScoreIntervals>), WorkError> {
    let scores_of = |name: &String| {
        let named = out.baselines.iter().find(|(known, _)| known == name);
        named.map(|(_, scores)| scores.as_slice())
    };
    let times: Vec<i64> = out.rows.iter().map(|&row| rows.decisions[row as usize]).collect();
    let tested = Tested {
        labels: &out.labels,
        scores: &out.scores,
        baseline: best.as_ref().and_then(scores_of),
        times: &times,
        fold_ends: &out.fold_ends,
    };
    draw(tested, best, spec, work)
}

/// Draws blocks of time of what was tested, held against the baseline `best`: the intervals of all, and those of each fold.
///
/// # Errors
/// When the job is stopped.
pub(super) fn draw(
    tested: Tested<'_>,
    best: Option<String>,
    spec: &TrainSpec,
    work: &Work,
) -> Result<(Intervals, Vec<ScoreIntervals>), WorkError> {
    let found = bootstrap::intervals(tested, resampling(spec), &untold(work));
    let mut found = found.map_err(|e| fit_failure(e, "the intervals"))?;
    let of_folds = std::mem::take(&mut found.folds);
    Ok((told(&found, best), of_folds))
}

/// How blocks are drawn for what this spec's label says.
pub(crate) fn resampling(spec: &TrainSpec) -> Resampling {
    Resampling {
        least_block: LEAST_BLOCK.micros().max(spec.label.horizon().micros()),
        resamples: RESAMPLES,
        seed: spec.seed,
    }
}

/// What was found, and what follows.
pub(super) fn told(found: &Found, best_baseline: Option<String>) -> Intervals {
    Intervals {
        block: Span::from_micros(found.block).unwrap_or(LEAST_BLOCK),
        resamples: RESAMPLES,
        overall: found.overall,
        best_baseline,
        skill: found.skill,
        p_value: found.p_value,
        verdict: verdict(found.skill),
    }
}

fn verdict(skill: Interval) -> Option<Verdict> {
    let (low, _) = skill.bounds()?;
    Some(if low > 0.0 {
        Verdict::Skill
    } else {
        Verdict::NoSkill
    })
}
