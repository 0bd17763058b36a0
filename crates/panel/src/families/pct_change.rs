//! Relative change over a window.

use super::{COLUMN_AND_WINDOW, ratio};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::lagged;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "pct_change",
    description: "x(t) / x(t - w) - 1, a ratio: 0.05 is 5 %. x(t - w) is the value w bars before, or for a window of time the last known value in [t - 2 w, t - w]",
    unit: "1",
    example: "pct_change(close, 10)",
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
        out[row] = ratio(values[row], before) - 1.0;
    });
}
