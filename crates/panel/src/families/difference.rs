//! Change over a window, in the column's unit.

use super::{COLUMN_AND_WINDOW, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::lagged;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "difference",
    description: "x(t) - x(t - w). x(t - w) is the value w bars before, or for a window of time the last known value in [t - 2 w, t - w]",
    unit: "column",
    example: "difference(close, 10)",
    parameters: COLUMN_AND_WINDOW,
    needs: &[],
    min_bars: 1,
    reach: Reach::Lag,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let Some(window) = arguments.window else { return };
    let values = bars.input(0);
    lagged(bars.times, values, window, |row, before| {
        out[row] = finite(values[row] - before);
    });
}
