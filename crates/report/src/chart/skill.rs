//! What the model adds to the best simple rule, and how sure that is.

use super::frame::{Axis, WIDTH};
use super::svg::{Anchor, Svg};
use crate::words::number::{interval, signed};
use mltraining_domain::Interval;

const LEFT: f64 = 14.0;
const RIGHT: f64 = WIDTH - 14.0;
const MIDDLE: f64 = 34.0;

/// The interval of the skill beside 0; `None` where the skill or the interval is unset.
pub(crate) fn skill(skill: Option<f64>, found: Interval) -> Option<String> {
    let skill = skill?;
    let (low, high) = found.bounds()?;
    let description = format!(
        "The skill is {}, {}. Right of 0 the model is better than the best simple rule.",
        signed(Some(skill)),
        interval(found)
    );
    let mut svg = Svg::new(
        "skill",
        (WIDTH, 78.0),
        "Skill beyond the best simple rule",
        &description,
    );
    let reach = low.abs().max(high.abs()).max(skill.abs()) * 1.15 + 1e-6;
    let axis = Axis {
        label: "",
        low: low.min(0.0) - 0.12 * reach,
        high: high.max(0.0) + 0.12 * reach,
        write: |value| signed(Some(value)),
    };
    let x = |value: f64| LEFT + (value - axis.low) / (axis.high - axis.low) * (RIGHT - LEFT);
    svg.line("grid", (LEFT, MIDDLE), (RIGHT, MIDDLE));
    svg.line("zero", (x(0.0), 12.0), (x(0.0), 56.0));
    let (anchor, at) = match x(0.0) {
        zero if zero < 80.0 => (Anchor::Start, LEFT),
        zero if zero > WIDTH - 80.0 => (Anchor::End, RIGHT),
        zero => (Anchor::Middle, zero),
    };
    svg.text("tick", (at, 72.0), anchor, "0: the best simple rule");
    let tip = interval(found);
    svg.rect(
        "skill-bar",
        (x(low), MIDDLE - 8.0),
        (x(high) - x(low), 16.0),
        &tip,
    );
    svg.dot("skill-dot", (x(skill), MIDDLE), 6.0, &signed(Some(skill)));
    Some(svg.finish())
}
