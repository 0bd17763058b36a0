//! The honest estimate: each fold is fitted on the past and tested on what came later, beside its baselines.

use super::baselines::{self, Scored};
use super::operating::{self, Operating};
use super::{fit_progress, intervals, permutation, shuffled, user_failure, validation};
use crate::work::{Work, WorkError};
use chrono::{DateTime, Utc};
use mltraining_domain::{
    AlgorithmSpec, Baseline, Fold, LeakProof, Metrics, Reason, TestGap, TrainSpec, UnseenEntities, WorkPhase,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, Truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::{self, Cut};
use mltraining_learn::model::Model;
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::{self, FoldRows, SplitError};
use std::ops::ControlFlow;

/// Scores of rows that the model which scored them had not seen.
#[derive(Default)]
pub(super) struct OutOfFold {
    /// Index among the labelled rows.
    pub rows: Vec<u32>,
    /// 0 or 1.
    pub labels: Vec<u8>,
    /// Probability by the fold's model, with the fold's calibration laid over it.
    pub scores: Vec<f64>,
    /// Probability as the fold's model gave it; empty when no calibration is asked for.
    pub raw: Vec<f64>,
    /// What the fold's model said at the fold's threshold; `None` where no threshold could be chosen.
    pub decisions: Vec<Option<bool>>,
    /// Scores of each baseline on the same rows, by name.
    pub baselines: Vec<(&'static str, Vec<f64>)>,
    /// Where the rows of each fold end.
    pub fold_ends: Vec<usize>,
    /// What the models of the folds lose without each feature; folds whose test lacks a class are left out.
    pub drops: Vec<Vec<f64>>,
    /// The rows of held-out entities, apart from the others.
    unseen: Judged,
}

/// Labels with what was said of them.
#[derive(Default)]
struct Judged {
    labels: Vec<u8>,
    scores: Vec<f64>,
    decisions: Vec<Option<bool>>,
}

/// Everything measured on rows that were not trained on.
pub(super) struct CrossValidation {
    pub folds: Vec<Fold>,
    pub out_of_fold: OutOfFold,
    /// What the algorithm finds in the last fold when all labels are shuffled.
    pub shuffled_roc_auc: Option<f64>,
}

/// Fits and tests each fold of the spec's split.
pub(super) fn cross_validate(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<CrossValidation, WorkError> {
    let count = spec.split.folds();
    let last_labels = baselines::last_labels(rows);
    let mut done = CrossValidation {
        folds: Vec::with_capacity(count as usize),
        out_of_fold: OutOfFold::default(),
        shuffled_roc_auc: None,
    };
    each(rows, spec, work, |part| {
        let fold = Folding {
            matrix,
            rows,
            spec,
            work,
            part,
            last_labels: &last_labels,
            word: "fold",
            index: part.index,
            count,
        };
        done.folds.push(fold.run(&mut done.out_of_fold)?);
        if part.index == count {
            done.shuffled_roc_auc = shuffled::roc_auc(matrix, rows, spec, work, part)?;
        }
        Ok(())
    })?;
    Ok(done)
}

/// Does something with each fold of the spec's split.
///
/// # Errors
/// Of the first fold that fails; TOO_FEW_ROWS when one cannot be made.
pub(super) fn each(
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
    mut run: impl FnMut(&FoldRows) -> Result<(), WorkError>,
) -> Result<(), WorkError> {
    work.board.note(WorkPhase::Split, 0, 1, "cutting folds");
    let too_few = |e: SplitError| user_failure(Reason::TooFewRows, WorkPhase::Split, e.to_string());
    // Whether each can be made shows before the first is fitted.
    split::each_fold(rows.split_rows(), &spec.split, |_| ControlFlow::Continue(())).map_err(too_few)?;
    let (mut outcome, count) = (Ok(()), spec.split.folds());
    // One after another: all of them together name each row many times.
    split::each_fold(rows.split_rows(), &spec.split, |part| {
        let _span = tracing::info_span!("fold", index = part.index, count).entered();
        outcome = run(&part);
        if outcome.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })
    .map_err(too_few)?;
    outcome
}

/// Metrics of scores with what the folds said of them; what depends on that is unset unless every fold could say something.
pub(super) fn judged(
    labels: &[u8],
    scores: &[f64],
    decisions: impl Iterator<Item = Option<bool>>,
) -> Metrics {
    let decisions: Option<Vec<bool>> = decisions.collect();
    let cut = decisions.as_deref().map_or(Cut::None, Cut::Decisions);
    metrics::measure(labels, scores, cut)
}

/// Metrics over all out-of-fold scores. What depends on a threshold is counted from each fold's own decisions, because a
/// threshold chosen on these scores would flatter itself.
pub(super) fn overall(out: &OutOfFold) -> (Metrics, Vec<Baseline>) {
    let metrics = judged(&out.labels, &out.scores, out.decisions.iter().copied());
    let baseline = |(name, scores): &(&'static str, Vec<f64>)| Baseline {
        name: (*name).to_owned(),
        rule: None, // each fold has its own
        metrics: metrics::measure(&out.labels, scores, Cut::None),
    };
    (metrics, out.baselines.iter().map(baseline).collect())
}

/// What the folds reached on held-out entities; `None` when none was held out.
pub(super) fn unseen(done: &CrossValidation, rows: &LabelledRows) -> Option<UnseenEntities> {
    let judged = &done.out_of_fold.unseen;
    (!rows.held_out.is_empty()).then(|| UnseenEntities {
        entities: rows.unseen_entities,
        metrics: self::judged(&judged.labels, &judged.scores, judged.decisions.iter().copied()),
        mean_roc_auc: intervals::mean(&done.folds, |fold| fold.unseen.as_ref()?.roc_auc),
    })
}

/// A fold that was tested, with what tested it.
pub(super) struct Tested {
    pub fold: Fold,
    pub model: Model,
    pub operating: Operating,
}

/// One fold at work.
pub(super) struct Folding<'a> {
    pub matrix: &'a Matrix,
    pub rows: &'a LabelledRows,
    pub spec: &'a TrainSpec,
    pub work: &'a Work,
    pub part: &'a FoldRows,
    /// What was last known of each row's entity.
    pub last_labels: &'a [Option<u8>],
    /// What it is called.
    pub word: &'static str,
    pub index: u32,
    pub count: u32,
}

impl Folding<'_> {
    fn run(&self, out: &mut OutOfFold) -> Result<Fold, WorkError> {
        let Tested { fold, model, .. } = self.test(out)?;
        out.drops.extend(permutation::of_fold(self, &model)?);
        Ok(fold)
    }

    /// Fits on the training rows, and tests on the others beside the baselines.
    pub(super) fn test(&self, out: &mut OutOfFold) -> Result<Tested, WorkError> {
        let (train, test) = (&self.part.train, &self.part.test);
        let operating = operating::of_fold(self, out)?;
        let threshold = operating.threshold;
        let model = self.fit(train).map_err(|e| fit_failure(e, &self.place()))?;
        let raw = model.predict(self.matrix, test);
        let scores = operating.calibrated(raw.clone());
        let labels = self.labels(test);
        let baselines = baselines::of_fold(self)?;
        let unseen = self.unseen(&model, &operating, &mut out.unseen);
        let measured = Fold {
            train_positives: self.positives(train),
            test_positives: self.positives(test),
            metrics: metrics::measure(&labels, &scores, threshold.map_or(Cut::None, Cut::At)),
            uncalibrated: operating
                .calibrator
                .as_ref()
                .map(|_| metrics::measure(&labels, &raw, Cut::None)),
            baselines: baselines.iter().map(|scored| scored.measured(&labels)).collect(),
            unseen,
            ..unmeasured(self.part)
        };
        if !self.spec.calibration.is_none() {
            out.raw.extend(raw);
        }
        out.decisions.extend(operating.decide(&scores));
        out.take(test, labels, scores, baselines);
        Ok(Tested {
            fold: measured,
            model,
            operating,
        })
    }

    pub(super) fn labels(&self, rows: &[u32]) -> Vec<u8> {
        rows.iter().map(|&i| self.rows.labels[i as usize]).collect()
    }

    /// Metrics on the rows of held-out entities in the test time; `None` when there are none.
    fn unseen(&self, model: &Model, operating: &Operating, judged: &mut Judged) -> Option<Metrics> {
        let rows = &self.part.unseen;
        if rows.is_empty() {
            return None;
        }
        let threshold = operating.threshold;
        let (labels, scores) = (
            self.labels(rows),
            operating.calibrated(model.predict(self.matrix, rows)),
        );
        let measured = metrics::measure(&labels, &scores, threshold.map_or(Cut::None, Cut::At));
        judged.decisions.extend(operating.decide(&scores));
        judged.labels.extend(labels);
        judged.scores.extend(scores);
        Some(measured)
    }

    /// Fits the job's algorithm on rows of the training part, and tells its progress.
    pub(super) fn fit(&self, train: &[u32]) -> Result<Model, FitError> {
        let (algorithm, place) = (&self.spec.algorithm, self.place());
        let progress = fit_progress(self.work, self.count, self.index - 1, &place, algorithm);
        let control = Control {
            cancel: self.work.stop.flag(),
            progress: &progress,
        };
        self.fit_under(algorithm, train, &control)
    }

    /// What the fold is called.
    pub(super) fn place(&self) -> String {
        format!("{} {} of {}", self.word, self.index, self.count)
    }

    pub(super) fn fit_under(
        &self,
        algorithm: &AlgorithmSpec,
        train: &[u32],
        control: &Control<'_>,
    ) -> Result<Model, FitError> {
        let labels = Truth::Classes(&self.rows.labels);
        validation::fit(
            algorithm,
            self.spec,
            self.matrix,
            self.rows,
            labels,
            train,
            control,
        )
    }

    pub(super) fn positives(&self, rows: &[u32]) -> u64 {
        rows.iter()
            .map(|&i| u64::from(self.rows.labels[i as usize]))
            .sum()
    }
}

impl OutOfFold {
    /// Whether a calibration is asked for, so that scores differ from what the models gave.
    pub(super) fn is_calibrated(&self) -> bool {
        !self.raw.is_empty()
    }

    /// The scores of all labelled rows, in their order, by a model that had seen none of them; a yes from `threshold` on.
    pub(super) fn of_all(labels: &[u8], scores: Vec<f64>, threshold: Option<f64>) -> Self {
        Self {
            rows: (0..labels.len() as u32).collect(),
            labels: labels.to_vec(),
            decisions: scores
                .iter()
                .map(|score| threshold.map(|t| *score >= t))
                .collect(),
            fold_ends: vec![labels.len()],
            scores,
            ..Self::default()
        }
    }

    /// Metrics of some scores, by their places.
    pub(super) fn measured(&self, places: &[usize]) -> Metrics {
        let labels: Vec<u8> = places.iter().map(|&place| self.labels[place]).collect();
        let scores: Vec<f64> = places.iter().map(|&place| self.scores[place]).collect();
        judged(
            &labels,
            &scores,
            places.iter().map(|&place| self.decisions[place]),
        )
    }

    /// The scores as the folds' models gave them.
    pub(super) fn raw_scores(&self) -> &[f64] {
        if self.is_calibrated() {
            &self.raw
        } else {
            &self.scores
        }
    }

    /// Metrics of the scores as the folds' models gave them; `None` when no calibration is asked for.
    pub(super) fn uncalibrated(&self) -> Option<Metrics> {
        self.is_calibrated()
            .then(|| metrics::measure(&self.labels, &self.raw, Cut::None))
    }

    /// Lays what one more fold says behind what those before said.
    pub(super) fn take(&mut self, rows: &[u32], labels: Vec<u8>, scores: Vec<f64>, baselines: Vec<Scored>) {
        self.rows.extend_from_slice(rows);
        self.labels.extend(labels);
        self.scores.extend(scores);
        self.fold_ends.push(self.rows.len());
        let named = baselines
            .into_iter()
            .map(|Scored { name, scores, .. }| (name, scores));
        join(&mut self.baselines, named);
    }
}

/// Lays what each baseline says of one more fold behind what it said of those before.
pub(super) fn join(
    all: &mut Vec<(&'static str, Vec<f64>)>,
    fold: impl Iterator<Item = (&'static str, Vec<f64>)>,
) {
    for (name, scores) in fold {
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, before)) => before.extend(scores),
            None => all.push((name, scores)),
        }
    }
}

/// The fold as it was made, before anything is measured on it.
pub(super) fn unmeasured(part: &FoldRows) -> Fold {
    Fold {
        index: part.index,
        train_start: time(part.train_start),
        train_end: time(part.train_end),
        test_start: time(part.test_start),
        test_end: time(part.test_end),
        train_rows: part.train.len() as u64,
        train_positives: 0,
        test_rows: part.test.len() as u64,
        test_positives: 0,
        metrics: Metrics::default(),
        uncalibrated: None,
        intervals: None, // drawn over all folds at once
        baselines: Vec::new(),
        unseen: None,
        leak_proof: leak_proof(part),
    }
}

fn leak_proof(part: &FoldRows) -> LeakProof {
    let gap = |gap: &split::TestGap| TestGap {
        first_test_decision: time(gap.test.first_decision),
        latest_test_resolve: time(gap.test.latest_resolve),
        latest_train_resolve: gap.latest_resolve_before.map(time),
        next_train_decision: gap.first_decision_after.map(time),
    };
    LeakProof {
        latest_train_resolve: time(part.latest_train_resolve),
        first_test_decision: time(part.first_test_decision),
        purged_rows: part.purged_rows,
        embargoed_rows: part.embargoed_rows,
        gaps: part.gaps.iter().map(gap).collect(),
    }
}

/// What a refused fit means for the job.
pub(super) fn fit_failure(error: FitError, place: &str) -> WorkError {
    match error {
        FitError::Cancelled => WorkError::Stopped,
        FitError::OneClass { positives, negatives } => {
            let reason = if positives == 0 {
                Reason::LabelHasNoPositives
            } else {
                Reason::LabelHasNoNegatives
            };
            let text = format!(
                "{place}: its training rows have {positives} positives and {negatives} negatives; \
                 use fewer folds, a longer range or another change"
            );
            user_failure(reason, WorkPhase::Fit, text)
        }
        FitError::UnknownFeature(_) => user_failure(
            Reason::UnknownFeature,
            WorkPhase::Fit,
            format!("{place}: {error}"),
        ),
        FitError::NoValidationRows => {
            let text = format!(
                "{place}: too few rows to keep some apart for early stopping; use fewer folds, a longer range, or no \
                 early stopping"
            );
            user_failure(Reason::TooFewRows, WorkPhase::Fit, text)
        }
        other => user_failure(Reason::TooFewRows, WorkPhase::Fit, format!("{place}: {other}")),
    }
}

pub(crate) fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros)
        .expect("times come from Postgres timestamps, which chrono can hold")
}
