//! How rows are parted into training and test: by time across all entities at once, and in no other way.

use crate::{Span, Violations};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A year: no embargo is longer.
pub(in crate::spec) const MAX_EMBARGO: Span = Span::from_mins(366 * 24 * 60);
/// So many blocks, at most.
const MAX_BLOCKS: u32 = 50;
/// So many folds of a combinatorial split, at most.
const MAX_COMBINATIONS: u64 = 100;

/// How rows are parted into training and test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitSpec {
    /// Several test blocks, each after its training part.
    WalkForward(WalkForward),
    /// One test block at the end.
    Holdout(Holdout),
    /// Every choice of some of the blocks as the test, the others on both sides of them as the training.
    CombinatorialPurged(CombinatorialPurged),
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

/// The last `test_share` of the rows is the test block, or those from a time on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holdout {
    /// Share of rows, above 0 and at most 0.9; not looked at where `test_start` is set.
    pub test_share: f64,
    /// Time kept free between the last resolve in training and the test block.
    pub embargo: Span,
    /// The first time that is tested, also where no row is decided then; `None`: the share says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_start: Option<DateTime<Utc>>,
}

/// Blocks of equal row count (snapped to time), of which every choice of `test_blocks` is the test of one fold (Lopez de
/// Prado, "Advances in Financial Machine Learning", 2018, chapter 12). With one test block it is purged K-fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CombinatorialPurged {
    /// Number of blocks N, 2 to 50.
    pub blocks: u32,
    /// Number of test blocks k in each fold, 1 to N - 1; N choose k is at most 100.
    pub test_blocks: u32,
    /// Time after the last resolve in a run of test blocks in which no row is trained on.
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
        let path = format!("{prefix}.{}", self.name());
        found.require(self.embargo() <= MAX_EMBARGO, &format!("{path}.embargo"), || {
            "longer than 366 days".to_owned()
        });
        match self {
            Self::WalkForward(w) => found.require(
                (1..=MAX_BLOCKS).contains(&w.folds),
                &format!("{path}.folds"),
                || format!("{} folds; give 1 to {MAX_BLOCKS}", w.folds),
            ),
            Self::Holdout(h) => {
                let good = h.test_share > 0.0 && h.test_share <= 0.9;
                found.require(good, &format!("{path}.test_share"), || {
                    format!("{} must be above 0 and at most 0.9", h.test_share)
                });
            }
            Self::CombinatorialPurged(c) => found.extend(c.check(&path)),
        }
        found
    }

    /// Name of its kind, as specs and requests write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WalkForward(_) => "walk_forward",
            Self::Holdout(_) => "holdout",
            Self::CombinatorialPurged(_) => "combinatorial_purged",
        }
    }

    /// Time kept free beside a test block: before it, or after it where rows after it are trained on.
    pub fn embargo(&self) -> Span {
        match self {
            Self::WalkForward(w) => w.embargo,
            Self::Holdout(h) => h.embargo,
            Self::CombinatorialPurged(c) => c.embargo,
        }
    }

    /// Number of folds: each is one fit and one test.
    pub fn folds(&self) -> u32 {
        match self {
            Self::WalkForward(w) => w.folds,
            Self::Holdout(_) => 1,
            Self::CombinatorialPurged(c) => u32::try_from(c.combinations()).unwrap_or(u32::MAX),
        }
    }

    /// Number of blocks that the rows are cut into.
    pub fn blocks(&self) -> u32 {
        match self {
            Self::WalkForward(w) => w.folds.saturating_add(1),
            Self::Holdout(_) => 2,
            Self::CombinatorialPurged(c) => c.blocks,
        }
    }
}

impl CombinatorialPurged {
    fn check(&self, path: &str) -> Violations {
        let mut found = Violations::new();
        let (blocks, tested) = (self.blocks, self.test_blocks);
        let enough = (2..=MAX_BLOCKS).contains(&blocks);
        found.require(enough, &format!("{path}.blocks"), || {
            format!("{blocks} blocks; give 2 to {MAX_BLOCKS}")
        });
        if !enough {
            return found;
        }
        let some = (1..blocks).contains(&tested);
        found.require(some, &format!("{path}.test_blocks"), || {
            format!(
                "{tested} of {blocks} blocks cannot be tested; give 1 to {}",
                blocks - 1
            )
        });
        if !some {
            return found;
        }
        let folds = self.combinations();
        found.require(folds <= MAX_COMBINATIONS, &format!("{path}.test_blocks"), || {
            format!("{tested} of {blocks} blocks can be chosen in {folds} ways; at most {MAX_COMBINATIONS} are taken")
        });
        found
    }

    /// N choose k, as far as 64 bits hold it.
    fn combinations(&self) -> u64 {
        let n = u64::from(self.blocks);
        let k = u64::from(self.test_blocks).min(n);
        let rest = n - k;
        (1..=k).fold(1, |found: u64, i| found.saturating_mul(rest + i) / i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(blocks: u32, test_blocks: u32) -> Vec<String> {
        let spec = SplitSpec::CombinatorialPurged(CombinatorialPurged {
            blocks,
            test_blocks,
            embargo: Span::ZERO,
        });
        let found = spec.check("spec.split");
        found.iter().map(|violation| violation.field.clone()).collect()
    }

    #[test]
    fn folds_are_the_choices_of_test_blocks() {
        let folds = |blocks, test_blocks| {
            SplitSpec::CombinatorialPurged(CombinatorialPurged {
                blocks,
                test_blocks,
                embargo: Span::ZERO,
            })
            .folds()
        };
        assert_eq!(
            (folds(6, 2), folds(5, 1), folds(8, 4), folds(9, 8)),
            (15, 5, 70, 9)
        );
        assert_eq!(folds(50, 25), u32::MAX, "more than can be counted in 32 bits");
    }

    #[test]
    fn too_many_choices_and_impossible_ones_are_named() {
        for (blocks, test_blocks) in [(2, 1), (50, 1), (50, 49), (14, 2)] {
            assert!(
                wrong(blocks, test_blocks).is_empty(),
                "{blocks} choose {test_blocks}"
            );
        }
        for blocks in [0, 1, 51, u32::MAX] {
            assert_eq!(wrong(blocks, 1), ["spec.split.combinatorial_purged.blocks"]);
        }
        for (blocks, test_blocks) in [(6, 0), (6, 6), (6, 7), (10, 3), (50, 25)] {
            assert_eq!(
                wrong(blocks, test_blocks),
                ["spec.split.combinatorial_purged.test_blocks"]
            );
        }
    }
}
