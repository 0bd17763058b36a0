//! The periods, one after another.

use super::refusal;
use crate::train::folds::{CrossValidation, Folding, OutOfFold, Tested};
use crate::train::gather::{Known, Tradable};
use crate::train::{TrainInput, baselines, user_failure};
use crate::work::{Work, WorkError};
use mltraining_domain::{BacktestSpec, Reason, TimeRange, WorkPhase};
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::{self, FoldRows, SplitError, WalkPeriod};
use std::ops::ControlFlow;

/// All periods, scored.
pub(super) struct Walked {
    /// The folds of those that have rows.
    pub validated: CrossValidation,
    /// Places of these among all periods.
    pub places: Vec<usize>,
    /// What was said of each row that could be traded.
    pub signals: Signals,
}

/// Whether a model said yes; `None` of a row that none has scored.
pub(super) struct Signals {
    /// Of the labelled rows.
    labelled: Vec<Option<bool>>,
    /// Of the others.
    others: Vec<Option<bool>>,
}

impl Signals {
    pub(super) fn of(&self, row: Known) -> Option<bool> {
        match row {
            Known::Labelled(place) => self.labelled[place as usize],
            Known::Unlabelled(place) => self.others[place as usize],
        }
    }
}

/// Fits and scores each period.
pub(super) fn walk(
    input: &TrainInput,
    spec: &BacktestSpec,
    ranges: &[TimeRange],
    work: &Work,
) -> Result<Walked, WorkError> {
    work.board.note(WorkPhase::Split, 0, 1, "cutting periods");
    let rows = &input.gathered.rows;
    each(rows, spec, ranges, |range, part| check(rows, spec, range, part))?;
    let (last_labels, others) = (baselines::last_labels(rows), others(input, ranges));
    let mut walked = Walked {
        validated: CrossValidation {
            folds: Vec::with_capacity(ranges.len()),
            out_of_fold: OutOfFold::default(),
            shuffled_roc_auc: None,
        },
        places: Vec::with_capacity(ranges.len()),
        signals: Signals {
            labelled: vec![None; rows.len()],
            others: vec![None; others.iter().map(Vec::len).sum()],
        },
    };
    let count = u32::try_from(ranges.len()).unwrap_or(u32::MAX);
    each(rows, spec, ranges, |_, part| {
        let _span = tracing::info_span!("period", index = part.index, count).entered();
        let folding = Folding {
            matrix: &input.gathered.matrix,
            rows,
            spec: &spec.train,
            work,
            part,
            last_labels: &last_labels,
            word: "period",
            index: part.index,
            count,
        };
        let place = part.index as usize - 1;
        let tested = folding.test(&mut walked.validated.out_of_fold)?;
        walked
            .signals
            .take(input.gathered.tradable.as_ref(), &others[place], &tested);
        walked.validated.folds.push(tested.fold);
        walked.places.push(place);
        Ok(())
    })?;
    let out = &walked.validated.out_of_fold;
    for (row, decision) in out.rows.iter().zip(&out.decisions) {
        walked.signals.labelled[*row as usize] = Some(decision.unwrap_or(false));
    }
    Ok(walked)
}

impl Signals {
    /// Scores the rows of a period that have no known label, by the period's model.
    fn take(&mut self, tradable: Option<&Tradable>, rows: &[u32], tested: &Tested) {
        let Some(tradable) = tradable.filter(|_| !rows.is_empty()) else {
            return;
        };
        let scores = tested.model.predict(&tradable.unlabelled, rows);
        let scores = tested.operating.calibrated(scores);
        for (row, decision) in rows.iter().zip(tested.operating.decide(&scores)) {
            self.others[*row as usize] = Some(decision.unwrap_or(false));
        }
    }
}

/// Does something with each period that has rows.
fn each(
    rows: &LabelledRows,
    spec: &BacktestSpec,
    ranges: &[TimeRange],
    mut run: impl FnMut(&TimeRange, &FoldRows) -> Result<(), WorkError>,
) -> Result<(), WorkError> {
    let periods: Vec<WalkPeriod> = ranges
        .iter()
        .map(|range| WalkPeriod {
            train_start: spec.train_start(range).timestamp_micros(),
            start: range.start_micros(),
            end: range.end_micros(),
        })
        .collect();
    let walk = split::Walk {
        periods: &periods,
        embargo: spec.embargo().micros(),
    };
    let mut outcome = Ok(());
    let parted = split::each_period(rows.split_rows(), walk, |index, part| {
        if let Some(part) = part {
            outcome = run(&ranges[index as usize - 1], &part);
        }
        match outcome {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    parted.map_err(|error| match error {
        SplitError::NothingToTrainOn { fold, purged, embargoed, .. } => {
            let what = format!(
                "no row with a known label is left to train on ({purged} purged because their label was not known when it starts, \
                 {embargoed} embargoed)"
            );
            refusal(Reason::TooFewRows, &ranges[fold as usize - 1], &what)
        }
        other => user_failure(Reason::TooFewRows, WorkPhase::Split, other.to_string()),
    })?;
    outcome
}

/// Whether a model can be fitted for a period: it shows before the first one is.
fn check(
    rows: &LabelledRows,
    spec: &BacktestSpec,
    range: &TimeRange,
    part: &FoldRows,
) -> Result<(), WorkError> {
    let count = part.train.len() as u64;
    let positives: u64 = part
        .train
        .iter()
        .map(|&row| u64::from(rows.labels[row as usize]))
        .sum();
    if positives == 0 {
        let what = format!("none of its {count} training rows is positive");
        return Err(refusal(Reason::LabelHasNoPositives, range, &what));
    }
    if positives == count {
        let what = format!("all its {count} training rows are positive");
        return Err(refusal(Reason::LabelHasNoNegatives, range, &what));
    }
    match spec.train.algorithm.most_rows() {
        Some(most) if count > most => {
            let text = format!(
                "{count} training rows before the period that starts at {}, and {} takes at most {most}; choose a shorter window, \
                 fewer entities, or another algorithm such as random_forest",
                range.start.to_rfc3339(),
                spec.train.algorithm.name()
            );
            Err(user_failure(Reason::RowLimitExceeded, WorkPhase::Split, text))
        }
        _ => Ok(()),
    }
}

/// The rows of each period that could be traded and have no known label, by their places.
fn others(input: &TrainInput, ranges: &[TimeRange]) -> Vec<Vec<u32>> {
    let mut others = vec![Vec::new(); ranges.len()];
    let rows = input.gathered.tradable.iter().flat_map(|tradable| &tradable.rows);
    for row in rows {
        let place = ranges.partition_point(|range| range.end_micros() <= row.decision);
        if let (Known::Unlabelled(row), Some(of_period)) = (row.known, others.get_mut(place)) {
            of_period.push(row);
        }
    }
    others
}
