//! Logarithm of the relative change over a window.

use super::{COLUMN_AND_WINDOW, ratio};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::lagged;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "log_return",
    description: "ln(x(t) / x(t - w)), unknown unless both are positive. x(t - w) is the value w bars before, or for a window of time the last known value in [t - 2 w, t - w]",
    unit: "1",
    example: "log_return(close, 10)",
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
        out[row] = log_ratio(values[row], before);
    });
}

fn log_ratio(now: f64, before: f64) -> f64 {
    if now > 0.0 && before > 0.0 {
        super::finite(ratio(now, before).ln())
    } else {
        f64::NAN
    }
}
