//! From batches of the source's rows to lines of the file: of a batch only its lines stay.

use super::file::{Lines, PredictionFile};
use crate::train;
use crate::train_job::Prepared;
use crate::work::{Work, WorkError};
use mltraining_domain::{BatchPredictSpec, PredictedRows, Reason, Task, WorkPhase};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::ModelFile;
use mltraining_panel::{Panel, compute};
use mltraining_store::reader::{PanelBatch, Place};
use parquet::errors::ParquetError;
use std::collections::BTreeSet;

/// Rows whose features are held at a time.
const ROWS_AT_ONCE: usize = 128 * 1024;

/// Why a row has no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unscored {
    /// No feature has a value.
    WarmUp,
    /// The training left its phase out.
    OtherPhase,
}

impl Unscored {
    /// As the file and Predict call it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::WarmUp => "WARM_UP",
            Self::OtherPhase => "OTHER_PHASE",
        }
    }
}

/// What became of all batches.
pub(super) struct Predicted {
    /// The file.
    pub bytes: Vec<u8>,
    /// Where the rows went.
    pub rows: PredictedRows,
    /// First and last decision time, microseconds; `None` without a row.
    pub times: Option<(i64, i64)>,
    /// Entities that were asked for by name and have no row in the range, in the order of the request.
    pub absent: Vec<String>,
}

/// What is scored by what.
pub(super) struct Scoring<'a> {
    /// The source and the features.
    pub prepared: &'a Prepared,
    /// What is asked for.
    pub spec: &'a BatchPredictSpec,
    /// The stored model.
    pub model: &'a ModelFile,
    /// The way to be stopped.
    pub work: &'a Work,
}

impl Scoring<'_> {
    /// Takes all batches of a read, in order.
    ///
    /// # Errors
    /// SCHEMA_CHANGED when the features that the source gives are not those of the model; [`WorkError::Stopped`] also when the last
    /// batch does not come: the reader knows why.
    pub(super) fn predict(
        &self,
        batches: &mut dyn Iterator<Item = PanelBatch>,
    ) -> Result<Predicted, WorkError> {
        train::check_features(&self.prepared.plan.names(), &self.model.header.feature_names)?;
        let task = self.prepared.spec.label.task();
        let mut file =
            PredictionFile::create(task, self.model.header.threshold).map_err(|e| unwritten(&e))?;
        let mut rows = PredictedRows {
            positives: self
                .model
                .header
                .threshold
                .filter(|_| task == Task::Binary)
                .map(|_| 0),
            ..PredictedRows::default()
        };
        let mut times: Option<(i64, i64)> = None;
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for PanelBatch { panel, place } in batches {
            let lines = self.lines(&panel, place, &mut rows)?;
            let all = lines.times.iter().copied();
            for time in all {
                let (first, last) = times.unwrap_or((time, time));
                times = Some((first.min(time), last.max(time)));
            }
            drop(panel);
            if !self.spec.entities.is_empty() {
                seen.extend(lines.entities.iter().map(|(entity, _)| entity.clone()));
            }
            file.append(&lines).map_err(|e| unwritten(&e))?;
            if place == Place::Last {
                let bytes = file.close().map_err(|e| unwritten(&e))?;
                let asked = self.spec.entities.iter().cloned();
                return Ok(Predicted {
                    bytes,
                    rows,
                    times,
                    absent: asked.filter(|entity| !seen.contains(entity)).collect(),
                });
            }
        }
        Err(WorkError::Stopped)
    }

    /// The lines of a batch, counted in `rows`.
    fn lines(&self, panel: &Panel, place: Place, rows: &mut PredictedRows) -> Result<Lines, WorkError> {
        let only: BTreeSet<&str> = self.spec.entities.iter().map(String::as_str).collect();
        let (start, end) = (self.spec.range.start_micros(), self.spec.range.end_micros());
        let mut lines = Lines::default();
        let mut wanted: Vec<u32> = Vec::new();
        for (nth, entity) in panel.entities().iter().enumerate() {
            let before = wanted.len();
            let all = panel.range_of(nth);
            let asked = only.is_empty() || only.contains(entity.as_str());
            let of_range = |row: &usize| asked && (start..end).contains(&panel.times()[*row]);
            wanted.extend(all.clone().filter(of_range).map(row_number));
            let found = wanted.len() - before;
            rows.beside += (all.len() - found) as u64;
            if found > 0 {
                rows.entities += 1;
                lines.entities.push((entity.clone(), found));
            }
        }
        rows.rows += wanted.len() as u64;
        lines.times = wanted.iter().map(|row| panel.times()[*row as usize]).collect();
        for some in wanted.chunks(ROWS_AT_ONCE) {
            let outcomes = self.scores(panel, some, place)?;
            self.count(&outcomes, rows);
            lines.outcomes.extend(outcomes);
        }
        Ok(lines)
    }

    /// What the model says of rows of the panel.
    fn scores(
        &self,
        panel: &Panel,
        rows: &[u32],
        place: Place,
    ) -> Result<Vec<Result<f64, Unscored>>, WorkError> {
        let phases = &self.prepared.spec.phases;
        let of_training = |row: &u32| {
            let phase = panel.phase_of(*row as usize);
            phases.is_empty() || phase.is_some_and(|phase| phases.contains(&phase))
        };
        let mut outcomes: Vec<Result<f64, Unscored>> = rows
            .iter()
            .map(|row| match of_training(row) {
                true => Err(Unscored::WarmUp),
                false => Err(Unscored::OtherPhase),
            })
            .collect();
        let known: Vec<usize> = (0..rows.len()).filter(|at| of_training(&rows[*at])).collect();
        let described: Vec<u32> = known.iter().map(|at| rows[*at]).collect();
        if described.is_empty() {
            return Ok(outcomes);
        }
        let columns = self.features(panel, &described, place)?;
        let valued: Vec<u32> = (0..described.len())
            .filter(|row| columns.iter().any(|column| !column[*row].is_nan()))
            .map(row_number)
            .collect();
        let matrix = Matrix::new(self.prepared.plan.names(), columns)
            .map_err(|error| train::user_failure(Reason::Internal, WorkPhase::Features, error.to_string()))?;
        for (row, score) in valued.iter().zip(self.model.predict(&matrix, &valued)) {
            outcomes[known[*row as usize]] = Ok(score);
        }
        train::stop_check(self.work)?;
        Ok(outcomes)
    }

    fn features(&self, panel: &Panel, rows: &[u32], place: Place) -> Result<Vec<Vec<f32>>, WorkError> {
        let progress = |done: u64, total: u64| {
            if place == Place::Last {
                let text = format!("feature {done} of {total} of the last rows");
                self.work.board.note(WorkPhase::Features, done, total, text);
            }
        };
        let control = compute::Control {
            cancel: self.work.stop.flag(),
            progress: &progress,
        };
        let computed = compute::features(panel, &self.prepared.plan, rows, &control);
        Ok(computed.map_err(|_| WorkError::Stopped)?.columns)
    }

    fn count(&self, outcomes: &[Result<f64, Unscored>], rows: &mut PredictedRows) {
        let threshold = self.model.header.threshold;
        for outcome in outcomes {
            match outcome {
                Ok(score) => {
                    rows.scored += 1;
                    if let (Some(positives), Some(threshold)) = (&mut rows.positives, threshold) {
                        *positives += u64::from(*score >= threshold);
                    }
                }
                Err(Unscored::WarmUp) => rows.warm_up += 1,
                Err(Unscored::OtherPhase) => rows.other_phase += 1,
            }
        }
    }
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).expect("a panel has less than 2^32 rows")
}

fn unwritten(error: &ParquetError) -> WorkError {
    let text = format!("the predictions cannot be written: {error}");
    train::user_failure(Reason::Internal, WorkPhase::Store, text)
}
