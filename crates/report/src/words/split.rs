//! How rows are parted into training and test.

use super::number::{counted, share, span};
use mltraining_domain::{Holdout, SplitSpec, WalkForwardScheme};

/// The split in a line.
pub(crate) fn split(spec: &SplitSpec) -> String {
    let embargo = spec.embargo();
    let apart = if embargo.is_zero() {
        "purged by the time at which labels are known".to_owned()
    } else {
        format!(
            "purged by the time at which labels are known, and {} more",
            span(embargo)
        )
    };
    let how = match spec {
        SplitSpec::WalkForward(of) => {
            let scheme = match of.scheme {
                WalkForwardScheme::Expanding => "each trained on all that came before",
                WalkForwardScheme::Rolling => "each trained on the block before",
            };
            format!(
                "walk-forward, {}, {scheme}",
                counted(of.folds.into(), "fold", "folds")
            )
        }
        SplitSpec::Holdout(Holdout {
            test_start: Some(start),
            ..
        }) => format!(
            "the rows from {} UTC on held out",
            start.format("%Y-%m-%d %H:%M:%S")
        ),
        SplitSpec::Holdout(of) => format!("the last {} of the rows held out", share(Some(of.test_share))),
        SplitSpec::CombinatorialPurged(of) => {
            format!(
                "combinatorial, every {} of {} blocks as the test",
                of.test_blocks, of.blocks
            )
        }
    };
    format!("{how}; {apart}")
}
