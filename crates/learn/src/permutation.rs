//! What a model loses when it no longer knows a feature: Breiman 2001, "Random forests", section 10, measured on test rows.

use crate::control::Control;
use crate::fit::FitError;
use crate::matrix::Matrix;
use crate::metrics;
use crate::model::Model;
use crate::random::Random;
use rayon::prelude::*;

/// So many test rows, evenly spaced, tell it well enough.
const LOOKED_AT: usize = 5_000;
/// Streams of random numbers that no tree of a forest and no draw of blocks has.
const FIRST_STREAM: u64 = 1 << 62;

/// For each feature by how much the model's ROC AUC on `rows` falls when the feature's values are shuffled among them, in the
/// order of the columns; below 0 when it rises. 0 for a feature that the model does not use. `labels` has one entry per matrix
/// row, 0 or 1. At most 5,000 rows, evenly spaced, are looked at. `None` when they lack a class.
///
/// A feature whose like is among the others loses little: the model still knows it from them.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
///
/// # Panics
/// When a row lies outside the matrix, or the model has other columns.
pub fn drops(
    model: &Model,
    x: &Matrix,
    labels: &[u8],
    rows: &[u32],
    seed: u64,
    control: &Control<'_>,
) -> Result<Option<Vec<f64>>, FitError> {
    let looked_at = looked_at(rows);
    let known: Vec<u8> = looked_at.iter().map(|&row| labels[row as usize]).collect();
    let score = |scores: &[f64]| metrics::roc_auc(&known, scores);
    falls(model, x, &looked_at, seed, control, &score)
}

/// As [`drops`], of a model of numbers: by how much its R2 falls. `None` when all numbers of the rows are the same.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
///
/// # Panics
/// As [`drops`].
pub fn drops_of_numbers(
    model: &Model,
    x: &Matrix,
    targets: &[f32],
    rows: &[u32],
    seed: u64,
    control: &Control<'_>,
) -> Result<Option<Vec<f64>>, FitError> {
    let looked_at = looked_at(rows);
    let known: Vec<f32> = looked_at.iter().map(|&row| targets[row as usize]).collect();
    let score = |forecasts: &[f64]| metrics::r2(&known, forecasts);
    falls(model, x, &looked_at, seed, control, &score)
}

/// Enough of the rows, evenly spaced.
fn looked_at(rows: &[u32]) -> Vec<u32> {
    let step = rows.len().div_ceil(LOOKED_AT).max(1);
    rows.iter().copied().step_by(step).collect()
}

/// By how much `score` of what the model says of the rows falls without each feature.
fn falls(
    model: &Model,
    x: &Matrix,
    looked_at: &[u32],
    seed: u64,
    control: &Control<'_>,
    score: &(dyn Fn(&[f64]) -> Option<f64> + Sync),
) -> Result<Option<Vec<f64>>, FitError> {
    let Some(before) = score(&model.predict(x, looked_at)) else {
        return Ok(None);
    };
    let column = |j: usize| -> Vec<f32> {
        let values = x.column(j); // once: where they are not held they are read anew
        looked_at.iter().map(|&row| values[row as usize]).collect()
    };
    let columns: Vec<Vec<f32>> = (0..x.features()).map(column).collect();
    let all: Vec<u32> = (0..looked_at.len() as u32).collect();
    let used = model.importances();
    let drop = |(j, used): (usize, &f64)| {
        control.check()?;
        if *used == 0.0 {
            return Ok(0.0);
        }
        let mut columns = columns.clone();
        Random::of(seed, FIRST_STREAM + j as u64).shuffle(&mut columns[j]);
        let shuffled =
            Matrix::new(x.names().to_vec(), columns).map_err(|e| FitError::Inconsistent(e.to_string()))?;
        let after = score(&model.predict(&shuffled, &all));
        Ok(after.map_or(0.0, |after| before - after)) // of the same labels, so that it is defined
    };
    let drops: Result<Vec<f64>, FitError> = used.par_iter().enumerate().map(drop).collect();
    drops.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::fit;
    use mltraining_domain::{AlgorithmSpec, LogisticRegressionSpec, RandomForestSpec};

    /// `told` tells most of the label, `weak` a little, `noise` nothing, `still` never changes.
    fn rows() -> (Matrix, Vec<u8>) {
        let mut random = Random::of(3, 0);
        let mut columns = vec![Vec::new(), Vec::new(), Vec::new(), vec![1.0; 4_000]];
        let mut labels = Vec::new();
        for _ in 0..4_000 {
            let (told, weak, noise) = (random.unit(), random.unit(), random.unit());
            labels.push(u8::from(random.unit() < 0.7 * told + 0.2 * weak));
            columns[0].push(told as f32);
            columns[1].push(weak as f32);
            columns[2].push(noise as f32);
        }
        let names = ["told", "weak", "noise", "still"].map(str::to_owned).to_vec();
        (Matrix::new(names, columns).unwrap(), labels)
    }

    fn specs() -> [AlgorithmSpec; 2] {
        let forest = RandomForestSpec {
            trees: 30,
            max_depth: 6,
            ..RandomForestSpec::default()
        };
        [
            AlgorithmSpec::RandomForest(forest),
            AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        ]
    }

    #[test]
    fn what_tells_most_is_missed_most_and_what_is_not_used_is_not_missed() {
        let (x, labels) = rows();
        let (train, test): (Vec<u32>, Vec<u32>) = (0..4_000).partition(|row| row % 2 == 0);
        for spec in specs() {
            let model = fit(&spec, &x, &train, &labels, 7, &Control::none()).unwrap();
            let found = drops(&model, &x, &labels, &test, 7, &Control::none())
                .unwrap()
                .unwrap();
            assert!(found[0] > 0.1 && found[0] > 3.0 * found[1], "{found:?}");
            assert!(found[1] > 0.0 && found[2].abs() < 0.01, "{found:?}");
            assert_eq!(found[3], 0.0, "{found:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_drops_on_any_number_of_threads_and_a_stop_ends_them() {
        let (x, labels) = rows();
        let rows: Vec<u32> = (0..4_000).collect();
        let model = fit(&specs()[1], &x, &rows, &labels, 7, &Control::none()).unwrap();
        let on = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| drops(&model, &x, &labels, &rows, seed, &Control::none()))
        };
        assert_eq!(on(1, 7), on(3, 7));
        assert_ne!(on(1, 7), on(1, 8));
        let stopped = std::sync::atomic::AtomicBool::new(true);
        let control = Control {
            cancel: &stopped,
            progress: &|_, _| {},
        };
        let ended = drops(&model, &x, &labels, &rows, 7, &control);
        assert_eq!(ended, Err(FitError::Cancelled));
        let negatives: Vec<u32> = rows
            .iter()
            .copied()
            .filter(|&row| labels[row as usize] == 0)
            .collect();
        assert_eq!(
            drops(&model, &x, &labels, &negatives, 7, &Control::none()),
            Ok(None)
        );
    }
}
