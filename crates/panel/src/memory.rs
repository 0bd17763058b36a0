//! What a training takes at its peak, estimated before a row is read, and again when an entity turns out to be large.
//!
//! Rows come in batches of whole entities. Of a batch the panel is held in f64 and its features in f32; of all rows what is
//! known of their labels and scores, and what the learner holds, which for trees is a byte a cell.

use crate::catalogue::FeaturePlan;
use mltraining_domain::{AlgorithmSpec, LogisticRegressionSpec, RidgeSpec, Task};

/// Rows of whole entities that are worked on together, at least.
pub const BATCH_ROWS: usize = 128 * 1024;
/// The logistic regression that stands beside each learner is fitted on so many rows at most.
pub const BASELINE_ROWS: usize = 500_000;

/// A source of at most so many rows is worked on at once: no more than the batches that are in flight hold.
pub const WHOLE_ROWS: u64 = IN_FLIGHT * 2 * BATCH_ROWS as u64;

/// Batches at a time: one is filled, one waits, one is worked on.
const IN_FLIGHT: u64 = 3;
/// Of each row read: label, decision and resolve time, phase, and whether it is held out.
const LABELLED: u64 = 1 + 8 + 8 + 1 + 1;
/// Of each row: its place in the order of time, in a fold's training and test part; its score, calibrated and not, with what was
/// decided, those of the baselines, and what was last known of its entity.
const JUDGED: u64 = 12 + 8 + 24 + 32 + 2;
/// Of each row that may be traded: what a position would have brought, where its features are, and of which entity it is; then the same
/// once more as it is acted on, with what was said of it, and a trade.
const TRADED: u64 = 56 + 48 + 4 + 48;
/// Of each row of a batch: its number, what is known of its label, its times.
const SELECTED: u64 = 4 + 9 + LABELLED;
/// Of each row that arrives in any order: its entity, phase and place, and a value of the column that is being put in order.
pub const LOOSE: u64 = 4 + 8 + 4 + 8;

/// Of each row that is only scored: its line as it is encoded, its score and its time.
const SCORED: u64 = 24 + 16 + 8;

/// What rows are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To fit models on them, or to judge some.
    Learn,
    /// The same, and what is foreseen is acted on as well.
    Trade,
    /// To say of each what a model foresees.
    Score,
}

/// What a training takes, or another job that reads what one reads.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Its features.
    pub plan: &'a FeaturePlan,
    /// Its learner.
    pub algorithm: &'a AlgorithmSpec,
    /// What it learns.
    pub task: Task,
    /// Threads that compute.
    pub threads: usize,
    /// What its rows are read for.
    pub purpose: Purpose,
}

impl Training<'_> {
    /// So many rows of whole entities are worked on together: all of them where features see the other entities.
    pub fn batch_rows(&self) -> usize {
        if self.plan.needs_whole_panel() {
            usize::MAX
        } else {
            BATCH_ROWS
        }
    }

    /// Of `rows` rows so many are held in a batch without a further estimate: all when they are worked on at once; entities that are
    /// no larger than a batch end it in time.
    pub fn usual_rows(&self, rows: u64) -> u64 {
        if rows <= WHOLE_ROWS {
            rows
        } else {
            (self.batch_rows() as u64).saturating_mul(2)
        }
    }

    /// Bytes at the peak for `rows` rows, of which at most `held` are held in a batch, or as many as usual. What a learner makes (the
    /// nodes of trees) is left out.
    pub fn bytes(&self, rows: u64, held: u64) -> u64 {
        let features = self.plan.features.len();
        let held = held.max(self.usual_rows(rows)).min(rows);
        let in_flight = rows.div_ceil(held.max(1)).clamp(1, IN_FLIGHT);
        let panel = 16 + LOOSE + 8 * self.plan.widest() as u64;
        let of_batch = in_flight * panel + 4 * features as u64 + SELECTED + self.plan.ahead_bytes_of_row();
        let gather = held
            .saturating_mul(of_batch)
            .saturating_add(rows.saturating_mul(LABELLED));
        if self.purpose == Purpose::Score {
            return gather.saturating_add(rows.saturating_mul(SCORED));
        }
        let fit = LABELLED + JUDGED + self.algorithm.bytes_of_row(features, self.threads, self.task);
        let linear = match self.task {
            Task::Binary => AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
            Task::Regression => AlgorithmSpec::Ridge(RidgeSpec::default()),
        };
        let baseline =
            linear.bytes_of_row(features, self.threads, self.task) * rows.min(BASELINE_ROWS as u64);
        let traded = rows.saturating_mul(match self.purpose {
            Purpose::Trade => TRADED,
            Purpose::Learn | Purpose::Score => 0,
        });
        gather
            .max(rows.saturating_mul(fit).saturating_add(baseline))
            .saturating_add(traded)
    }
}
