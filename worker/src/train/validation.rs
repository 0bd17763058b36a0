//! The rows by which a fit knows when to stop: a later slice of its training part, purged, never a random one.

use super::weights;
use crate::tally;
use mltraining_domain::{AlgorithmSpec, Holdout, Span, SplitSpec, TrainSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{self, FitError, FitRows, Truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::{self, SplitRows};

/// A training part cut in two.
pub(super) struct Parts {
    /// Trained on: resolved before the later rows begin.
    pub(super) earlier: Vec<u32>,
    /// The last rows by time.
    pub(super) later: Vec<u32>,
}

impl Parts {
    /// The rows of a fit that stops early.
    pub(super) fn rows(&self) -> FitRows<'_> {
        FitRows {
            train: &self.earlier,
            validation: &self.later,
        }
    }
}

/// Cuts what `train` holds of the labelled rows: the last `share` of it is kept apart, and rows whose labels are not resolved
/// by then, or within the embargo, are left out. `None` when there are too few rows for that.
pub(super) fn cut(rows: &LabelledRows, train: &[u32], share: f64, embargo: Span) -> Option<Parts> {
    let pick = |from: &[i64]| -> Vec<i64> { train.iter().map(|&i| from[i as usize]).collect() };
    let (decision, resolve) = (pick(&rows.decisions), pick(&rows.resolves));
    let inner = SplitSpec::Holdout(Holdout {
        test_share: share,
        embargo,
        test_start: None,
    });
    let split_rows = SplitRows {
        decision: &decision,
        resolve: &resolve,
        held_out: &[], // held-out entities are no concern of a single fit
    };
    let parts = split::folds(split_rows, &inner).ok()?;
    let global = |local: &[u32]| -> Vec<u32> { local.iter().map(|&i| train[i as usize]).collect() };
    Some(Parts {
        earlier: global(&parts[0].train),
        later: global(&parts[0].test),
    })
}

/// Fits `algorithm` on the rows `train` of which this came true; when it stops early, on what comes before the later slice.
pub(super) fn fit(
    algorithm: &AlgorithmSpec,
    spec: &TrainSpec,
    matrix: &Matrix,
    rows: &LabelledRows,
    truth: Truth<'_>,
    train: &[u32],
    control: &Control<'_>,
) -> Result<Model, FitError> {
    let share = algorithm.validation_share();
    // Too few rows to keep some apart: the fit says that it has none to stop by.
    let parts = share.and_then(|share| cut(rows, train, share, spec.split.embargo()));
    let whole = FitRows {
        train,
        validation: &[],
    };
    let chosen = parts.as_ref().map_or(whole, Parts::rows);
    tally::rows_trained(chosen.train.len());
    let weights = weights::of(rows, chosen.train, spec.sample_weight);
    fit::fit_truth(
        algorithm,
        matrix,
        chosen,
        truth,
        weights.as_deref(),
        spec.seed,
        control,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten rows a minute apart whose labels take two minutes, in an order that is not that of time.
    fn rows() -> LabelledRows {
        let minutes = [5, 0, 9, 1, 8, 2, 7, 3, 6, 4];
        LabelledRows {
            labels: vec![0; 10],
            decisions: minutes.iter().map(|m| m * 60_000_000).collect(),
            resolves: minutes.iter().map(|m| (m + 2) * 60_000_000).collect(),
            ..LabelledRows::default()
        }
    }

    #[test]
    fn the_later_part_is_the_last_by_time_and_nothing_before_it_reaches_into_it() {
        let rows = rows();
        let all: Vec<u32> = (0..10).collect();
        let embargo = Span::from_micros(0).expect("a span");
        let parts = cut(&rows, &all, 0.3, embargo).expect("enough rows");
        let minutes = |which: &[u32]| {
            let mut minutes: Vec<i64> = which
                .iter()
                .map(|&i| rows.decisions[i as usize] / 60_000_000)
                .collect();
            minutes.sort_unstable();
            minutes
        };
        assert_eq!(minutes(&parts.later), [7, 8, 9]);
        assert_eq!(
            minutes(&parts.earlier),
            [0, 1, 2, 3, 4],
            "5 and 6 resolve at 7 and 8"
        );
        assert!(cut(&rows, &[1], 0.3, embargo).is_none());
    }
}
