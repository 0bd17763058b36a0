//! How rows are parted into training and test: by time across all entities at once, and in no other way.

use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// A year: no embargo is longer.
const MAX_EMBARGO: Span = Span::from_mins(366 * 24 * 60);

/// How rows are parted into training and test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitSpec {
    /// Several test blocks, each after its training part.
    WalkForward(WalkForward),
    /// One test block at the end.
    Holdout(Holdout),
}

/// k + 1 blocks of equal row count (snapped to time); block i + 1 tests what was trained on the blocks before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkForward {
    /// Number of test blocks, 1 to 50.
    pub folds: u32,
    /// Whether the training part grows or moves.
    pub scheme: WalkForwardScheme,
    /// Time kept free between the last resolve in training and the test block.
    pub embargo: Span,
}

/// Whether the training part grows or moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WalkForwardScheme {
    /// From the start of the range to the test block.
    #[default]
    Expanding,
    /// Only the block before the test block.
    Rolling,
}

/// The last `test_share` of the rows is the test block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    /// Share of rows, above 0 and at most 0.9.
    pub test_share: f64,
    /// Time kept free between the last resolve in training and the test block.
    pub embargo: Span,
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self::WalkForward(WalkForward {
            folds: 5,
            scheme: WalkForwardScheme::Expanding,
            embargo: Span::ZERO,
        })
    }
}

impl SplitSpec {
    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let kind = match self {
            Self::WalkForward(_) => "walk_forward",
            Self::Holdout(_) => "holdout",
        };
        found.require(
            self.embargo() <= MAX_EMBARGO,
            &format!("{prefix}.{kind}.embargo"),
            || "longer than 366 days".to_owned(),
        );
        match self {
            Self::WalkForward(w) => found.require(
                (1..=50).contains(&w.folds),
                &format!("{prefix}.walk_forward.folds"),
                || format!("{} folds; give 1 to 50", w.folds),
            ),
            Self::Holdout(h) => {
                let good = h.test_share > 0.0 && h.test_share <= 0.9;
                found.require(good, &format!("{prefix}.holdout.test_share"), || {
                    format!("{} must be above 0 and at most 0.9", h.test_share)
                });
            }
        }
        found
    }

    /// Time kept free between the last resolve in training and a test block.
    pub fn embargo(&self) -> Span {
        match self {
            Self::WalkForward(w) => w.embargo,
            Self::Holdout(h) => h.embargo,
        }
    }

    /// Number of test blocks.
    pub fn folds(&self) -> u32 {
        match self {
            Self::WalkForward(w) => w.folds,
            Self::Holdout(_) => 1,
        }
    }
}
