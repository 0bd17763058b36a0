//! One trial of a study: its parameters on the folds of the training's split, judged over all their test rows. All trials of a rung
//! learn from the same rows and are judged on the same; a low rung learns from fewer, evenly spread, and is judged on as many.

use super::folds::{self, Folding, OutOfFold};
use super::operating::{self, Operating};
use super::{TrainInput, intervals, truth, untold, validation};
use crate::progress::Board;
use crate::work::{Work, WorkError};
use mltraining_domain::{ScoreIntervals, StudyMetric, Task, TrainSpec};
use mltraining_learn::baseline;
use mltraining_learn::bootstrap::{self, TestedNumbers};
use mltraining_learn::metrics::{self, Cut};
use mltraining_panel::split::FoldRows;

/// What a trial reached.
pub(crate) struct Judged {
    /// The metric over the test rows of all folds; `None` where it is undefined.
    pub value: Option<f64>,
    /// Its 95 % interval; `None` where that is unset.
    pub bounds: Option<(f64, f64)>,
}

/// Whether trials can come of the rows at all.
///
/// # Errors
/// Those of a training of these rows.
pub(crate) fn check(input: &TrainInput) -> Result<(), WorkError> {
    super::check_rows(&input.gathered.rows, &input.spec)
}

/// Fits and tests each fold of the split of `spec`, whose algorithm has the trial's parameters. Runs in the caller's rayon pool.
///
/// # Errors
/// When a fold cannot be made or fitted, or the job is stopped.
pub(crate) fn judge(
    input: &TrainInput,
    spec: &TrainSpec,
    metric: StudyMetric,
    row_share: f64,
    work: &Work,
) -> Result<Judged, WorkError> {
    // Its folds are no steps of the job.
    let work = Work {
        stop: work.stop.clone(),
        board: Board::new(),
    };
    let trying = Trying {
        input,
        spec,
        row_share,
        work: &work,
    };
    match spec.label.task() {
        Task::Binary => trying.classes(metric),
        Task::Regression => trying.numbers(metric),
    }
}

struct Trying<'a> {
    input: &'a TrainInput,
    spec: &'a TrainSpec,
    row_share: f64,
    work: &'a Work,
}

impl Trying<'_> {
    /// The fold with as many training rows as the rung has.
    fn thinned(&self, part: &FoldRows) -> FoldRows {
        let all = part.train.len();
        let most = (all as f64 * self.row_share).ceil().max(1.0) as usize;
        FoldRows {
            train: baseline::spread(&part.train, most).into_owned(),
            ..part.clone()
        }
    }

    fn classes(&self, metric: StudyMetric) -> Result<Judged, WorkError> {
        let rows = &self.input.gathered.rows;
        let mut out = OutOfFold::default();
        let calibrates = metric.sees_calibration() && !self.spec.calibration.is_none();
        folds::each(rows, self.spec, self.work, |part| {
            let part = self.thinned(part);
            let fold = Folding {
                matrix: &self.input.gathered.matrix,
                rows,
                spec: self.spec,
                work: self.work,
                part: &part,
                last_labels: &[], // only baselines look at them
                word: "fold",
                index: part.index,
                count: self.spec.split.folds(),
            };
            let operating = match calibrates {
                true => operating::of_fold(&fold, &out)?,
                false => Operating::default(),
            };
            let model = fold
                .fit(&part.train)
                .map_err(|e| folds::fit_failure(e, &fold.place()))?;
            let raw = model.predict(fold.matrix, &part.test);
            let scores = operating.calibrated(raw.clone());
            if calibrates {
                out.raw.extend(raw);
            }
            out.take(&part.test, fold.labels(&part.test), scores, Vec::new());
            Ok(())
        })?;
        let measured = metrics::measure(&out.labels, &out.scores, Cut::None);
        let drawn = intervals::over_folds(&out, None, rows, self.spec, self.work)?;
        Ok(judged(metric, metric.of(&measured), &drawn.0.overall))
    }

    fn numbers(&self, metric: StudyMetric) -> Result<Judged, WorkError> {
        let (rows, matrix) = (&self.input.gathered.rows, &self.input.gathered.matrix);
        let (mut tested, mut fold_ends, mut forecasts) = (Vec::new(), Vec::new(), Vec::new());
        folds::each(rows, self.spec, self.work, |part| {
            let part = self.thinned(part);
            let (algorithm, control) = (&self.spec.algorithm, untold(self.work));
            let model = validation::fit(
                algorithm,
                self.spec,
                matrix,
                rows,
                truth(rows),
                &part.train,
                &control,
            )
            .map_err(|e| folds::fit_failure(e, &format!("fold {}", part.index)))?;
            forecasts.extend(model.predict(matrix, &part.test));
            tested.extend_from_slice(&part.test);
            fold_ends.push(tested.len());
            Ok(())
        })?;
        let truths: Vec<f32> = tested.iter().map(|&row| rows.targets[row as usize]).collect();
        let times: Vec<i64> = tested.iter().map(|&row| rows.decisions[row as usize]).collect();
        let measured = metrics::measure_numbers(&truths, &forecasts);
        let drawn = TestedNumbers {
            truths: &truths,
            forecasts: &forecasts,
            baseline: None,
            times: &times,
            fold_ends: &fold_ends,
        };
        let control = untold(self.work);
        let found = bootstrap::intervals_of_numbers(drawn, intervals::resampling(self.spec), &control)
            .map_err(|e| folds::fit_failure(e, "the intervals"))?;
        Ok(judged(metric, metric.of(&measured), &found.overall))
    }
}

fn judged(metric: StudyMetric, value: Option<f64>, intervals: &ScoreIntervals) -> Judged {
    Judged {
        value: value.filter(|value| value.is_finite()),
        bounds: metric.bounds(intervals),
    }
}
