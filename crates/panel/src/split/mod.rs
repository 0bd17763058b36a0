//! Rows parted into training and test by time, across all entities at once, and in no other way.

mod blocks;
mod combinations;
pub mod purge;
pub mod unseen;
mod walk;

use blocks::Timeline;
use combinations::{combinations, runs};
use mltraining_domain::{CombinatorialPurged, Holdout, SplitSpec, WalkForward, WalkForwardScheme};
use purge::{Kept, TestSpan};
use std::ops::ControlFlow;
pub use walk::{Walk, WalkPeriod, each_period};

/// The rows that are parted: one entry for each in every slice, in any order of rows. Times are microseconds since
/// 1970-01-01 UTC.
#[derive(Debug, Clone, Copy)]
pub struct SplitRows<'a> {
    /// Decision times.
    pub decision: &'a [i64],
    /// Resolve times of the labels.
    pub resolve: &'a [i64],
    /// Whether the row's entity is held out from every training part; empty when none is.
    pub held_out: &'a [bool],
}

/// One fold. Rows are positions in the slices given to [`folds`], rising; times are microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldRows {
    /// From 1, in order of time.
    pub index: u32,
    /// Rows to train on. The span [decision, resolve] of none meets that of a test block; where no row after the test block
    /// is trained on, all are resolved before `first_test_decision - embargo`.
    pub train: Vec<u32>,
    /// Rows to test on.
    pub test: Vec<u32>,
    /// Rows of held-out entities in the test blocks: tested on as well, apart from the others.
    pub unseen: Vec<u32>,
    /// Rows of the training part dropped because what they know meets a test block.
    pub purged_rows: u64,
    /// Rows of the training part dropped because of the embargo alone.
    pub embargoed_rows: u64,
    /// Latest resolve time in training.
    pub latest_train_resolve: i64,
    /// First decision time of the first test block.
    pub first_test_decision: i64,
    /// Whatever is chosen for the test is chosen by what is resolved before, less the embargo: the first decision of the test, or
    /// the start of its period where that is given.
    pub border: i64,
    /// First decision time in training.
    pub train_start: i64,
    /// Last decision time in training.
    pub train_end: i64,
    /// First decision time of the first test block.
    pub test_start: i64,
    /// Last decision time of the last test block.
    pub test_end: i64,
    /// Each run of neighbouring test blocks, in order of time, with what is trained on beside it.
    pub gaps: Vec<TestGap>,
}

/// The distance that training keeps from one run of test blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestGap {
    /// T0 and T1 of the run, held-out entities included.
    pub test: TestSpan,
    /// Latest resolve time of training rows decided before T0: lies before it. `None` when there is none.
    pub latest_resolve_before: Option<i64>,
    /// First decision time of training rows decided from T0 on: lies after T1 + embargo. `None` when there is none.
    pub first_decision_after: Option<i64>,
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
        /// Blocks needed.
        blocks: u64,
    },
    /// No row before the time from which on is tested, or none from it on.
    #[error(
        "{before} of {rows} rows with a known label are decided before the test begins, so that nothing is left to train or to \
         test on; widen the range, shorten the horizon or let the test begin at another time"
    )]
    OneSide {
        /// Rows with a known label.
        rows: u64,
        /// Of them before the test.
        before: u64,
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
    /// All rows of a fold's test are of held-out entities.
    #[error(
        "fold {fold} tests {unseen} rows, all of entities that are held out; hold out a smaller share of the entities or ask \
         for fewer folds"
    )]
    NothingToTestOn {
        /// The fold, from 1.
        fold: u32,
        /// Rows of held-out entities in its test blocks.
        unseen: u64,
    },
}

/// Parts labelled rows into folds; rows that share a decision time are never parted. Walk-forward cuts k + 1 blocks of equal
/// row count (moved to the nearest border of decision times) and tests each block but the first; holdout tests the last
/// share of the rows; both train on what is resolved before `first test decision - embargo`. A combinatorial split cuts N
/// blocks and tests every choice of k of them; it trains on all other rows whose span meets that of no run of test blocks
/// and that are not decided within the embargo after one. Rows of held-out entities are never trained on.
///
/// # Errors
/// [`SplitError`] when a fold would have no row to train or to test on.
///
/// # Panics
/// When the slices differ in length.
pub fn folds(rows: SplitRows<'_>, spec: &SplitSpec) -> Result<Vec<FoldRows>, SplitError> {
    let mut folds = Vec::new();
    each_fold(rows, spec, |fold| {
        folds.push(fold);
        ControlFlow::Continue(())
    })?;
    Ok(folds)
}

/// Makes the [`folds`] one after another, for those who need not hold them all: a hundred folds may name each row a hundred
/// times. Ends early when `take` breaks.
///
/// # Errors
/// As [`folds`], once the folds before the one that cannot be made were taken.
///
/// # Panics
/// When the slices differ in length.
pub fn each_fold(
    rows: SplitRows<'_>,
    spec: &SplitSpec,
    mut take: impl FnMut(FoldRows) -> ControlFlow<()>,
) -> Result<(), SplitError> {
    rows.check();
    let timeline = Timeline::of(rows.decision);
    let parts: Parts<'_> = match spec {
        SplitSpec::WalkForward(walk) => walk_forward(&timeline, walk)?,
        SplitSpec::Holdout(holdout) => Box::new(std::iter::once(held_out(&timeline, holdout, rows)?)),
        SplitSpec::CombinatorialPurged(choice) => combinatorial(&timeline, choice)?,
    };
    let embargo = spec.embargo().micros();
    for (index, part) in (1..).zip(parts) {
        if take(part.fold(index, rows, embargo)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// The one part of a holdout. From a given time on whatever is resolved before it may be trained on, also where the first row is
/// tested later.
fn held_out<'a>(
    timeline: &'a Timeline,
    holdout: &Holdout,
    rows: SplitRows<'_>,
) -> Result<Part<'a>, SplitError> {
    let Some(start) = holdout.test_start else {
        let borders = timeline.borders(&[1.0 - holdout.test_share])?;
        return Ok(Part::after(timeline, [borders[0], borders[1], borders[2]]));
    };
    let (start, all) = (start.timestamp_micros(), rows.decision.len());
    let border = timeline.place_of(start, rows.decision);
    if border == 0 || border == all {
        return Err(SplitError::OneSide {
            rows: all as u64,
            before: border as u64,
        });
    }
    Ok(Part {
        sides: Sides::BeforeStart(start),
        ..Part::after(timeline, [0, border, all])
    })
}

/// Training parts with their test blocks, each made when it is asked for.
type Parts<'a> = Box<dyn Iterator<Item = Part<'a>> + 'a>;

fn walk_forward<'a>(timeline: &'a Timeline, walk: &'a WalkForward) -> Result<Parts<'a>, SplitError> {
    let borders = timeline.borders(&shares(walk.folds + 1))?;
    let part = move |i: usize| {
        let start = match walk.scheme {
            WalkForwardScheme::Expanding => 0,
            WalkForwardScheme::Rolling => borders[i - 1],
        };
        Part::after(timeline, [start, borders[i], borders[i + 1]])
    };
    Ok(Box::new((1..=walk.folds as usize).map(part)))
}

fn combinatorial<'a>(
    timeline: &'a Timeline,
    choice: &'a CombinatorialPurged,
) -> Result<Parts<'a>, SplitError> {
    let borders = timeline.borders(&shares(choice.blocks))?;
    let chosen = combinations(choice.blocks as usize, choice.test_blocks as usize);
    let part = move |blocks: Vec<usize>| {
        let others = (0..choice.blocks as usize).filter(|block| !blocks.contains(block));
        let others = others.flat_map(|block| timeline.rows(borders[block], borders[block + 1]));
        Part {
            sides: Sides::Both,
            train: others.copied().collect(),
            test: runs(&blocks)
                .into_iter()
                .map(|run| timeline.rows(borders[run.start], borders[run.end]))
                .collect(),
        }
    };
    Ok(Box::new(chosen.into_iter().map(part)))
}

/// The borders of equal blocks, as shares of the rows.
fn shares(blocks: u32) -> Vec<f64> {
    (1..blocks).map(|i| f64::from(i) / f64::from(blocks)).collect()
}

impl SplitRows<'_> {
    fn check(&self) {
        let rows = self.decision.len();
        assert_eq!(
            rows,
            self.resolve.len(),
            "one resolve time for each decision time"
        );
        let held_out = self.held_out.len();
        assert!(
            held_out == 0 || held_out == rows,
            "one word for each row, or none"
        );
    }

    fn is_held_out(&self, row: u32) -> bool {
        self.held_out.get(row as usize).copied().unwrap_or(false)
    }

    fn time(&self, row: u32) -> i64 {
        self.decision[row as usize]
    }

    fn resolved(&self, row: u32) -> i64 {
        self.resolve[row as usize]
    }
}

/// Where the training part lies.
#[derive(Clone, Copy)]
enum Sides {
    /// Before the test block.
    Before,
    /// Before the test block and all of it known by the time at which its period starts.
    BeforeStart(i64),
    /// On both sides of the test blocks.
    Both,
}

/// A training part and runs of test blocks in order of time, before the purge.
struct Part<'a> {
    sides: Sides,
    train: Vec<u32>,
    test: Vec<&'a [u32]>,
}

impl<'a> Part<'a> {
    /// Trains from the first border to the second and tests from there to the third.
    fn after(timeline: &'a Timeline, [start, border, end]: [usize; 3]) -> Self {
        Self {
            sides: Sides::Before,
            train: timeline.rows(start, border).to_vec(),
            test: vec![timeline.rows(border, end)],
        }
    }

    fn fold(mut self, index: u32, rows: SplitRows<'_>, embargo: i64) -> Result<FoldRows, SplitError> {
        self.train.retain(|row| !rows.is_held_out(*row));
        let spans: Vec<TestSpan> = self
            .test
            .iter()
            .filter_map(|run| TestSpan::of(rows.decision, rows.resolve, run))
            .collect();
        let border = match self.sides {
            Sides::BeforeStart(start) => start,
            Sides::Before | Sides::Both => spans[0].first_decision,
        };
        let kept = match self.sides {
            Sides::Before | Sides::BeforeStart(_) => {
                purge::walk_forward(rows.resolve, &self.train, border, embargo)
            }
            Sides::Both => purge::k_fold(rows.decision, rows.resolve, &self.train, &spans, embargo),
        };
        let tested = self.test.concat();
        let (unseen, test): (Vec<u32>, Vec<u32>) =
            tested.iter().copied().partition(|row| rows.is_held_out(*row));
        if kept.rows.is_empty() {
            return Err(SplitError::NothingToTrainOn {
                fold: index,
                before: self.train.len() as u64,
                purged: kept.purged,
                embargoed: kept.embargoed,
            });
        }
        if test.is_empty() {
            return Err(SplitError::NothingToTestOn {
                fold: index,
                unseen: unseen.len() as u64,
            });
        }
        let (test_start, test_end) = (rows.time(tested[0]), rows.time(tested[tested.len() - 1]));
        Ok(FoldRows {
            index,
            latest_train_resolve: latest(kept.rows.iter().map(|row| rows.resolved(*row))),
            train_start: rows.time(kept.rows[0]),
            train_end: rows.time(kept.rows[kept.rows.len() - 1]),
            gaps: spans.iter().map(|span| gap(*span, &kept, rows)).collect(),
            train: rising(kept.rows),
            test: rising(test),
            unseen: rising(unseen),
            purged_rows: kept.purged,
            embargoed_rows: kept.embargoed,
            first_test_decision: test_start,
            border,
            test_start,
            test_end,
        })
    }
}

fn latest(times: impl Iterator<Item = i64>) -> i64 {
    times.max().unwrap_or(i64::MIN)
}

fn gap(test: TestSpan, kept: &Kept, rows: SplitRows<'_>) -> TestGap {
    let (before, after): (Vec<u32>, Vec<u32>) = kept
        .rows
        .iter()
        .copied()
        .partition(|row| rows.time(*row) < test.first_decision);
    TestGap {
        test,
        latest_resolve_before: before.iter().map(|row| rows.resolved(*row)).max(),
        first_decision_after: after.iter().map(|row| rows.time(*row)).min(),
    }
}

fn rising(mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests;
