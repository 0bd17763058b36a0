//! A walk forward through time: for each period a model is fitted on what was known when it starts and scores its rows, and the
//! scores are acted on. Features are computed once, because they never look ahead; labels decide what each fit may know.

mod periods;
mod trading;

use super::folds::{CrossValidation, overall, time};
use super::{TrainInput, intervals, user_failure};
use crate::work::{OutputFile, Work, WorkError};
use mltraining_domain::{Backtest, BacktestPeriod, BacktestSpec, Fold, Reason, TimeRange, WorkPhase};
use mltraining_panel::rows::LabelledRows;
use periods::Walked;
use trading::Traded;

/// What a walk leaves behind.
pub(crate) struct Walk {
    /// The numbers.
    pub backtest: Backtest,
    /// Each trade in a line.
    pub trades: OutputFile,
}

/// Walks. Runs in the caller's rayon pool; the same on any number of threads.
///
/// # Errors
/// Those of a training of these rows; TOO_FEW_ROWS, LABEL_HAS_NO_POSITIVES and LABEL_HAS_NO_NEGATIVES for a period whose training part
/// holds none; when the job is stopped.
pub(crate) fn walk(input: TrainInput, spec: &BacktestSpec, work: &Work) -> Result<Walk, WorkError> {
    let rows = &input.gathered.rows;
    rows.check(&input.spec)
        .map_err(|refused| user_failure(refused.reason(), WorkPhase::Labels, refused.to_string()))?;
    let ranges = spec.periods();
    let Walked {
        mut validated,
        places,
        signals,
    } = periods::walk(&input, spec, &ranges, work)?;
    let (skill, intervals) = how_sure(&mut validated, rows, spec, work)?;
    work.board.note(WorkPhase::Evaluate, 1, 2, "acting on the scores");
    let traded = trading::act(&input, spec, &ranges, &signals, work)?;
    let trades = trading::file(&traded.model, &input.gathered.outline.entities);
    let (overall, baselines) = overall(&validated.out_of_fold);
    let periods = periods_of(&ranges, validated.folds, &places, &traded);
    let version = spec.of_version();
    let backtest = Backtest {
        source: spec.train.source.clone(),
        model: version.map(|(model, _)| model.clone()),
        version: version.map(|(_, version)| version),
        range: spec.range,
        step: spec.step,
        window: spec.window,
        train_start: spec.train.range.start,
        embargo: spec.embargo(),
        known_before: spec.train.known_before,
        costs: spec.costs,
        side: spec.side(),
        rows: rows.counts,
        source_fingerprint: input.fingerprint.into_string(),
        overall,
        baselines,
        skill,
        intervals,
        period_count: u32::try_from(periods.len()).unwrap_or(u32::MAX),
        periods,
        trading: traded.model.numbers,
        always: traded.always.numbers,
        random: traded.random,
    };
    Ok(Walk { backtest, trades })
}

/// What the models add to the best baseline, over the periods that show both classes, and how sure the numbers are; into each fold
/// its own.
fn how_sure(
    validated: &mut CrossValidation,
    rows: &LabelledRows,
    spec: &BacktestSpec,
    work: &Work,
) -> Result<(Option<f64>, mltraining_domain::Intervals), WorkError> {
    work.board
        .note(WorkPhase::Evaluate, 0, 2, "how sure the numbers are");
    // Short periods often lack a class: they say nothing of the order of scores.
    let both: Vec<Fold> = validated
        .folds
        .iter()
        .filter(|fold| fold.metrics.roc_auc.is_some())
        .cloned()
        .collect();
    let best = intervals::best_baseline(&both).map(|(name, _)| name.to_owned());
    let out = &validated.out_of_fold;
    let (intervals, of_folds) = intervals::over_folds(out, best, rows, &spec.train, work)?;
    for (fold, intervals) in validated.folds.iter_mut().zip(of_folds) {
        fold.intervals = Some(intervals);
    }
    Ok((intervals::skill(&both), intervals))
}

/// The periods in order of time; `places` are those of the folds among them.
fn periods_of(
    ranges: &[TimeRange],
    folds: Vec<Fold>,
    places: &[usize],
    traded: &Traded,
) -> Vec<BacktestPeriod> {
    let mut folds_at: Vec<Option<Fold>> = ranges.iter().map(|_| None).collect();
    for (fold, place) in folds.into_iter().zip(places) {
        folds_at[*place] = Some(fold);
    }
    let acted = traded.model.periods.iter().zip(&traded.always.periods);
    ranges
        .iter()
        .zip(folds_at)
        .zip(acted)
        .map(|((range, fold), (trading, always))| BacktestPeriod {
            range: *range,
            fold,
            trading: *trading,
            always: *always,
        })
        .collect()
}

/// A period that nothing can be made of.
fn refusal(reason: Reason, range: &TimeRange, what: &str) -> WorkError {
    let text = format!(
        "the period that starts at {}: {what}; let the first period start later, let each training part reach further back, or \
         choose a shorter horizon or another change",
        time(range.start_micros()).to_rfc3339()
    );
    user_failure(reason, WorkPhase::Split, text)
}
