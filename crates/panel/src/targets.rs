//! Numbers to foresee, where a label would be a class.

use crate::Panel;
use crate::catalogue::Bars;
use crate::labels::{UNRESOLVED, horizon};
use mltraining_domain::{ChangeTarget, SourceSpec};
use std::borrow::Cow;

/// One number per row of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The change to the horizon, as a ratio; NaN where it cannot be known.
    pub values: Vec<f64>,
    /// When it is known, microseconds since 1970-01-01 UTC; [`UNRESOLVED`] where it cannot be known.
    pub resolve_times: Vec<i64>,
}

/// The change (p(t + H) - p(t)) / p(t) of every row of a panel, known and unknown where a `change_at_horizon` label of the
/// same column, horizon and tolerance is. `end` is as in [`labels::compute`](crate::labels::compute).
pub fn changes(panel: &Panel, target: &ChangeTarget, source: &SourceSpec, end: i64) -> Targets {
    let mut targets = Targets {
        values: vec![f64::NAN; panel.rows()],
        resolve_times: vec![UNRESOLVED; panel.rows()],
    };
    let column = source.column_or_close(target.column.as_deref());
    let Some(column) = column.and_then(|column| panel.column(&column.name)) else {
        return targets;
    };
    let horizon = horizon::Horizon {
        length: target.horizon,
        tolerance: target.tolerance,
        source,
    };
    for entity in 0..panel.entities().len() {
        let rows = panel.range_of(entity);
        let inputs = [Cow::Borrowed(&column[rows.clone()])];
        let bars = Bars::of(panel, &inputs, rows.clone());
        let closed = 0..horizon::open(bars.times, target.horizon, end).start;
        horizon::changes(&bars, horizon, |row, change, resolved| {
            if closed.contains(&row) {
                targets.values[rows.start + row] = change;
                targets.resolve_times[rows.start + row] = resolved;
            }
        });
    }
    targets
}

#[cfg(test)]
mod tests;
