//! `model.onnx`: the model for other runtimes, held against the model itself before it is kept.

use super::user_failure;
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{Reason, Task, WorkPhase};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::ModelFile;
use mltraining_learn::onnx::{self, OnnxError, Session};
use mltraining_report::{Onnx, Parity};

/// Rows that both are asked about, in runs of neighbours, which are read together.
const ROWS: u32 = 10_000;
const RUN: u32 = 1_000;
/// A file that differs by more in any row is not kept: in probability, or as a share of a number above 1.
const TOLERANCE: f64 = 1e-6;

/// Writes the file and computes it on rows of the training.
pub(super) fn write(
    file: &ModelFile,
    task: Task,
    matrix: &Matrix,
) -> Result<(Onnx, Option<OutputFile>), WorkError> {
    let bytes = match onnx::encode(file, task) {
        Ok(bytes) => bytes,
        Err(error @ (OnnxError::TooLarge(_) | OnnxError::NotWritten(_))) => {
            return Ok((Onnx::LeftOut(error.to_string()), None));
        }
        Err(error) => return Err(broken(&error.to_string())),
    };
    let rows = spread(matrix.rows() as u32);
    let computed = Session::open(&bytes).and_then(|session| session.run(matrix, &rows));
    let computed = computed.map_err(|error| broken(&error.to_string()))?;
    let ours = file.predict(matrix, &rows);
    let (theirs, what) = match task {
        Task::Binary => (&computed.probability, "probabilities"),
        Task::Regression => (&computed.number, "numbers"),
    };
    let largest_difference = largest(&ours, theirs, |_| 1.0);
    let largest_share = largest(&ours, theirs, |ours| ours.abs().max(1.0));
    if largest_share > TOLERANCE {
        let text = format!("its {what} differ from the model's by up to {largest_difference:e}");
        tracing::warn!("model.onnx is left out: {text}");
        return Ok((Onnx::LeftOut(text), None));
    }
    let parity = Parity {
        rows: rows.len() as u64,
        largest_difference,
    };
    let output = OutputFile {
        file: "model.onnx",
        media_type: "application/onnx",
        bytes,
    };
    Ok((Onnx::Kept(parity), Some(output)))
}

/// The largest difference between the model's answer and the file's, each as a share of what `scale` makes of the model's. Where one is no
/// number, or only one is infinite, they differ without end.
fn largest(ours: &[f64], theirs: &[f64], scale: impl Fn(f64) -> f64) -> f64 {
    let difference = |(ours, theirs): (&f64, &f64)| match (ours - theirs).abs() / scale(*ours) {
        _ if ours.to_bits() == theirs.to_bits() => 0.0,
        share if share.is_nan() => f64::INFINITY,
        share => share,
    };
    ours.iter().zip(theirs).map(difference).fold(0.0, f64::max)
}

fn broken(what: &str) -> WorkError {
    let text = format!("model.onnx is not what it should be: {what}");
    user_failure(Reason::Internal, WorkPhase::Store, text)
}

/// All rows, or runs spread over them.
fn spread(rows: u32) -> Vec<u32> {
    if rows <= ROWS {
        return (0..rows).collect();
    }
    let runs = ROWS / RUN;
    let start = |run: u32| u64::from(rows - RUN) * u64::from(run) / u64::from(runs - 1);
    (0..runs)
        .flat_map(|run| (start(run) as u32..).take(RUN as usize))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_no_numbers_differ_without_end_unless_both_are_the_same() {
        let plain = |ours: &[f64], theirs: &[f64]| largest(ours, theirs, |_| 1.0);
        assert!((plain(&[1.0, 3.0], &[1.25, 2.0]) - 1.0).abs() < 1e-12);
        assert_eq!(plain(&[f64::INFINITY, f64::NAN], &[f64::INFINITY, f64::NAN]), 0.0);
        for (ours, theirs) in [
            (1.0, f64::NAN),
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
            (f64::INFINITY, f64::NEG_INFINITY),
        ] {
            assert_eq!(
                plain(&[ours, 0.0], &[theirs, 0.0]),
                f64::INFINITY,
                "{ours} {theirs}"
            );
        }
        // One large number does not excuse the difference of a small one.
        let share = largest(&[1e9, 1.0], &[1e9, 1.5], |ours| ours.abs().max(1.0));
        assert!((share - 0.5).abs() < 1e-12);
    }

    #[test]
    fn rows_are_asked_about_from_the_first_to_the_last_and_none_twice() {
        assert_eq!(spread(3), [0, 1, 2]);
        for rows in [10_001, 12_345, 50_000_000, u32::MAX] {
            let found = spread(rows);
            assert_eq!((found.len(), found[0]), (ROWS as usize, 0));
            assert_eq!(found.last(), Some(&(rows - 1)));
            assert!(rows < 20_000 || found.is_sorted_by(|a, b| a < b), "{rows}");
        }
    }
}
