//! Rows parted into training and test by time, across all entities at once, and in no other way.

mod blocks;
pub mod purge;

use blocks::Timeline;
use mltraining_domain::{SplitSpec, WalkForwardScheme};

/// One fold. Rows are positions in the slices given to [`folds`], rising; times are microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldRows {
    /// From 1, in order of time.
    pub index: u32,
    /// Rows to train on: all are resolved before `first_test_decision - embargo`.
    pub train: Vec<u32>,
    /// Rows to test on.
    pub test: Vec<u32>,
    /// Rows of the training part dropped because their label resolves at or after the first test decision.
    pub purged_rows: u64,
    /// Rows of the training part dropped because of the embargo alone.
    pub embargoed_rows: u64,
    /// Latest resolve time in training.
    pub latest_train_resolve: i64,
    /// First decision time of the test block.
    pub first_test_decision: i64,
    /// First decision time in training.
    pub train_start: i64,
    /// Last decision time in training.
    pub train_end: i64,
    /// First decision time of the test block.
    pub test_start: i64,
    /// Last decision time of the test block.
    pub test_end: i64,
}

/// Why rows cannot be parted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// Fewer decision times than blocks.
    #[error(
        "{rows} rows with a known label at {times} decision times cannot be cut into {blocks} blocks; \
         widen the range, shorten the horizon or ask for fewer folds"
    )]
    TooFewTimes {
        /// Rows with a known label.
        rows: u64,
        /// Different decision times among them.
        times: u64,
        /// Blocks needed: one more than test blocks.
        blocks: u64,
    },
    /// The purge leaves nothing to train on.
    #[error(
        "fold {fold} has no training row left of {before} ({purged} purged because their label resolves inside the test \
         block, {embargoed} embargoed); widen the range, shorten the horizon or ask for fewer folds"
    )]
    NothingToTrainOn {
        /// The fold, from 1.
        fold: u32,
        /// Rows of its training part before the purge.
        before: u64,
        /// Rows purged.
        purged: u64,
        /// Rows embargoed.
        embargoed: u64,
    },
}

/// Parts labelled rows into folds. `decision` and `resolve` hold one time per row, in any order of rows; rows that share a
/// decision time are never parted. Walk-forward cuts k + 1 blocks of equal row count (moved to the nearest border of
/// decision times) and tests each block but the first; holdout tests the last share of the rows. Of the training part
/// only rows resolved before `first test decision - embargo` stay.
///
/// # Errors
/// [`SplitError`] when a fold would have no row to train or to test on.
///
/// # Panics
/// When the slices differ in length.
pub fn folds(decision: &[i64], resolve: &[i64], spec: &SplitSpec) -> Result<Vec<FoldRows>, SplitError> {
    assert_eq!(
        decision.len(),
        resolve.len(),
        "one resolve time for each decision time"
    );
    let timeline = Timeline::of(decision);
    let borders = match spec {
        SplitSpec::WalkForward(walk) => {
            let blocks = f64::from(walk.folds) + 1.0;
            let shares: Vec<f64> = (1..=walk.folds).map(|i| f64::from(i) / blocks).collect();
            timeline.borders(&shares)?
        }
        SplitSpec::Holdout(holdout) => timeline.borders(&[1.0 - holdout.test_share])?,
    };
    let rolling = matches!(spec, SplitSpec::WalkForward(walk) if walk.scheme == WalkForwardScheme::Rolling);
    let parts = (1..borders.len() - 1).map(|i| Part {
        index: i as u32,
        train: timeline.rows(if rolling { borders[i - 1] } else { 0 }, borders[i]),
        test: timeline.rows(borders[i], borders[i + 1]),
    });
    parts
        .map(|part| part.purged(decision, resolve, spec.embargo().micros()))
        .collect()
}

/// A training part and a test block in order of time, before the purge.
struct Part<'a> {
    index: u32,
    train: &'a [u32],
    test: &'a [u32],
}

impl Part<'_> {
    fn purged(self, decision: &[i64], resolve: &[i64], embargo: i64) -> Result<FoldRows, SplitError> {
        let time = |row: &u32| decision[*row as usize];
        let ends = |rows: &[u32]| (time(&rows[0]), time(&rows[rows.len() - 1]));
        let (test_start, test_end) = ends(self.test);
        let kept = purge::walk_forward(resolve, self.train, test_start, embargo);
        let (Some(first), Some(last)) = (kept.rows.first(), kept.rows.last()) else {
            return Err(SplitError::NothingToTrainOn {
                fold: self.index,
                before: self.train.len() as u64,
                purged: kept.purged,
                embargoed: kept.embargoed,
            });
        };
        let (train_start, train_end) = (time(first), time(last));
        let resolves = kept.rows.iter().map(|row| resolve[*row as usize]);
        Ok(FoldRows {
            index: self.index,
            latest_train_resolve: resolves.max().unwrap_or(i64::MIN),
            train: rising(kept.rows),
            test: rising(self.test.to_vec()),
            purged_rows: kept.purged,
            embargoed_rows: kept.embargoed,
            first_test_decision: test_start,
            train_start,
            train_end,
            test_start,
            test_end,
        })
    }
}

fn rising(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests;
