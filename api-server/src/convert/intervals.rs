//! How sure an evaluation is.

use super::field::{small_wire_count, wire_count};
use super::time::show_span;
use mltraining_domain::{Interval, IntervalUnset, Intervals, RegressionIntervals, ScoreIntervals, Verdict};
use mltraining_proto::v1;

/// The intervals over all folds, and what follows.
pub(crate) fn show(intervals: &Intervals) -> v1::Intervals {
    v1::Intervals {
        block: Some(show_span(intervals.block)),
        resamples: small_wire_count(intervals.resamples),
        overall: Some(show_scores(&intervals.overall)),
        best_baseline: intervals.best_baseline.clone().unwrap_or_default(),
        skill: Some(show_interval(intervals.skill)),
        p_value: intervals.p_value,
        verdict: show_verdict(intervals.verdict).into(),
    }
}

/// The verdict; unspecified where there is none.
pub(super) fn show_verdict(verdict: Option<Verdict>) -> v1::Verdict {
    match verdict {
        None => v1::Verdict::Unspecified,
        Some(Verdict::Skill) => v1::Verdict::Skill,
        Some(Verdict::NoSkill) => v1::Verdict::NoSkill,
    }
}

/// The intervals of some test rows.
pub(crate) fn show_scores(intervals: &ScoreIntervals) -> v1::ScoreIntervals {
    v1::ScoreIntervals {
        blocks: wire_count(intervals.blocks),
        roc_auc: Some(show_interval(intervals.roc_auc)),
        average_precision: Some(show_interval(intervals.average_precision)),
        regression: intervals.regression.as_ref().map(show_regression),
    }
}

fn show_regression(intervals: &RegressionIntervals) -> v1::RegressionIntervals {
    v1::RegressionIntervals {
        rmse: Some(show_interval(intervals.rmse)),
        mae: Some(show_interval(intervals.mae)),
        median_absolute_error: Some(show_interval(intervals.median_absolute_error)),
        r2: Some(show_interval(intervals.r2)),
        spearman: Some(show_interval(intervals.spearman)),
    }
}

/// An interval, or why there is none.
pub(super) fn show_interval(interval: Interval) -> v1::Interval {
    let reason = match interval {
        Interval::Between { .. } => v1::IntervalUnsetReason::Unspecified,
        Interval::Unset(IntervalUnset::TooFewBlocks) => v1::IntervalUnsetReason::TooFewBlocks,
        Interval::Unset(IntervalUnset::Undefined) => v1::IntervalUnsetReason::Undefined,
    };
    v1::Interval {
        low: interval.bounds().map(|(low, _)| low),
        high: interval.bounds().map(|(_, high)| high),
        unset_reason: reason.into(),
    }
}
