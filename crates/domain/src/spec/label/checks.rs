//! What the kinds of labels have in common.

use super::Direction;
use crate::{Span, Violations};

/// A year: no horizon, tolerance or delay is longer.
pub(super) const MAX_HORIZON: Span = Span::from_mins(366 * 24 * 60);
/// No rise that is waited for is larger.
const MAX_CHANGE: f64 = 1000.0;

/// A change to wait for: a positive ratio, at most 1 for a fall.
pub(super) fn change(value: f64, direction: Direction, field: &str, found: &mut Violations) {
    let good = value.is_finite() && value > 0.0 && value <= MAX_CHANGE;
    found.require(good, field, || {
        format!("{value} is no change to wait for; give a positive ratio up to 1000, e.g. 0.05 for 5 %")
    });
    let down_too_far = direction == Direction::Down && value > 1.0;
    found.require(!down_too_far, field, || {
        "a fall of more than 1 (100 %) cannot happen".to_owned()
    });
}

/// A horizon that lies ahead.
pub(super) fn horizon(value: Span, field: &str, found: &mut Violations) {
    found.require(!value.is_zero(), field, || {
        "a horizon of 0 would foresee what is already known; give a positive time, e.g. 600s".to_owned()
    });
    at_most_a_year(value, field, found);
}

/// A tolerance, which may be left out.
pub(super) fn tolerance(value: Option<Span>, field: &str, found: &mut Violations) {
    at_most_a_year(value.unwrap_or_default(), field, found);
}

/// Any other time.
pub(super) fn at_most_a_year(value: Span, field: &str, found: &mut Violations) {
    found.require(value <= MAX_HORIZON, field, || "longer than 366 days".to_owned());
}
