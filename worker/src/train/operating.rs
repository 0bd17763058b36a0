//! From scores to answers: a fold's calibration and threshold, and those that are kept.

use super::folds::{Folding, OutOfFold, fit_failure};
use super::validation::{self, Parts};
use crate::work::WorkError;
use mltraining_domain::{Calibration, SplitSpec, TrainSpec};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::fit::FitError;
use mltraining_learn::threshold;
use mltraining_panel::rows::LabelledRows;

/// Share of a training part that is held out to choose the first fold's threshold.
const INNER_SHARE: f64 = 0.25;
const DAY: i64 = 86_400_000_000;

/// What is made of a model's scores; nothing of numbers.
#[derive(Default)]
pub(super) struct Operating {
    /// `None` when none is asked for, or none could be fitted.
    pub calibrator: Option<Calibrator>,
    /// At or above it is a yes; `None` where no score does what is asked for.
    pub threshold: Option<f64>,
}

/// Scores as a learner gave them to rows that it had not seen, and what came true.
#[derive(Default)]
struct Known {
    labels: Vec<u8>,
    scores: Vec<f64>,
    /// From the first decision to the last.
    days: f64,
}

impl Operating {
    /// The calibration that fits these scores, and the threshold on the scores that it makes of them.
    fn choose(spec: &TrainSpec, known: &Known) -> Self {
        let calibrator = Calibrator::fit(spec.calibration, &known.labels, &known.scores);
        let mut chosen = Self {
            calibrator,
            threshold: None,
        };
        let scores = chosen.calibrated(known.scores.clone());
        chosen.threshold = threshold::choose(spec.threshold, &known.labels, &scores, known.days);
        chosen
    }

    /// The scores with the calibration laid over them.
    pub(super) fn calibrated(&self, mut scores: Vec<f64>) -> Vec<f64> {
        if let Some(calibrator) = &self.calibrator {
            calibrator.apply_all(&mut scores);
        }
        scores
    }

    /// What is said of each score; `None` without a threshold.
    pub(super) fn decide(&self, scores: &[f64]) -> impl Iterator<Item = Option<bool>> {
        let threshold = self.threshold;
        scores.iter().map(move |score| threshold.map(|t| *score >= t))
    }
}

/// What the kept model does: chosen on all out-of-fold scores.
pub(super) fn kept(out: &OutOfFold, rows: &LabelledRows, spec: &TrainSpec) -> Operating {
    let known = Known {
        labels: out.labels.clone(),
        scores: out.raw_scores().to_vec(),
        days: days(out.rows.iter().map(|&row| rows.decisions[row as usize])),
    };
    Operating::choose(spec, &known)
}

/// What a fold does: chosen on the scores of earlier folds that were resolved before this test block begins, or, in the first
/// fold and in each of a combinatorial split (where earlier folds may have trained on these test rows), on a later slice of its
/// own training part. Never on the test rows.
///
/// # Errors
/// When the fit on the earlier part of the training fails, or the job is stopped.
pub(super) fn of_fold(fold: &Folding<'_>, out: &OutOfFold) -> Result<Operating, WorkError> {
    let spec = fold.spec;
    if let (Some(threshold), Calibration::None) = (spec.threshold.given(), spec.calibration) {
        return Ok(Operating {
            calibrator: None,
            threshold: Some(threshold),
        });
    }
    let border = fold.part.border.saturating_sub(spec.split.embargo().micros());
    let resolved = |&k: &usize| fold.rows.resolves[out.rows[k] as usize] < border;
    let earlier: Vec<usize> = match spec.split {
        SplitSpec::CombinatorialPurged(_) => Vec::new(),
        _ => (0..out.rows.len()).filter(resolved).collect(),
    };
    let known = match earlier.is_empty() {
        true => inner(fold)?,
        false => Known {
            labels: earlier.iter().map(|&k| out.labels[k]).collect(),
            scores: earlier.iter().map(|&k| out.raw_scores()[k]).collect(),
            days: days(earlier.iter().map(|&k| fold.rows.decisions[out.rows[k] as usize])),
        },
    };
    Ok(Operating::choose(spec, &known))
}

/// Scores of the later part of the training rows by a model of the earlier part; none when the rows are too few to hold some
/// out: no threshold rather than a flattering one.
fn inner(fold: &Folding<'_>) -> Result<Known, WorkError> {
    let (train, embargo) = (&fold.part.train, fold.spec.split.embargo());
    let Some(Parts { earlier, later }) = validation::cut(fold.rows, train, INNER_SHARE, embargo) else {
        return Ok(Known::default());
    };
    let classes = fold.positives(&earlier);
    if classes == 0 || classes == earlier.len() as u64 {
        return Ok(Known::default());
    }
    let model = match fold.fit(&earlier) {
        Ok(model) => model,
        // One that stops early parts these rows once more, and may find too little.
        Err(FitError::OneClass { .. } | FitError::NoValidationRows) => return Ok(Known::default()),
        Err(error) => return Err(fit_failure(error, &fold.place())),
    };
    Ok(Known {
        labels: fold.labels(&later),
        scores: model.predict(fold.matrix, &later),
        days: days(later.iter().map(|&row| fold.rows.decisions[row as usize])),
    })
}

/// The time from the first to the last, in days.
fn days(times: impl Iterator<Item = i64>) -> f64 {
    let span = times.fold(None, |span: Option<(i64, i64)>, time| {
        let (first, last) = span.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    });
    span.map_or(0.0, |(first, last)| (last - first) as f64 / DAY as f64)
}
