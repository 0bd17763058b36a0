//! How sure the numbers are, and what follows.

use crate::output::{Paint, Tone, metric, signed};
use crate::when;
use mltraining_domain::Span;
use mltraining_proto::v1;

/// Both ends of an interval; `None` when it is unset.
pub(crate) fn bounds(interval: &v1::Interval) -> Option<(f64, f64)> {
    interval.low.zip(interval.high)
}

/// The line below the headline: what can be said of the skill, or why nothing can.
pub(crate) fn line(intervals: &v1::Intervals, paint: Paint) -> String {
    let block = intervals
        .block
        .as_ref()
        .and_then(when::span)
        .map_or(0, Span::micros);
    let drawn = format!(
        "{} draws of {} blocks of {}",
        intervals.resamples,
        intervals.overall.as_ref().map_or(0, |overall| overall.blocks),
        when::show_length(block),
    );
    let skill = intervals.skill.unwrap_or_default();
    let Some((low, high)) = bounds(&skill) else {
        let why = match skill.unset_reason() {
            v1::IntervalUnsetReason::TooFewBlocks => {
                let blocks = intervals.overall.as_ref().map_or(0, |overall| overall.blocks);
                format!(
                    "the tests fill {blocks} blocks of {}, and 5 are needed to tell skill from chance: take a longer range",
                    when::show_length(block)
                )
            }
            _ => "it is undefined in too many draws of the tests, as where a class is missing or rare"
                .to_owned(),
        };
        return format!("verdict     {}: {why}", paint.text(Tone::Warn, "none"));
    };
    let (tone, verdict) = match intervals.verdict() {
        v1::Verdict::Skill => (Tone::Good, "skill"),
        _ => (Tone::Warn, "no skill"),
    };
    format!(
        "verdict     {}: 95 % of the skill lie from {} to {}, p {} ({drawn})",
        paint.text(tone, verdict),
        signed(Some(low)),
        signed(Some(high)),
        p_value(intervals.p_value),
    )
}

fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.0005 => "below 0.001".to_owned(),
        p => metric(p),
    }
}
