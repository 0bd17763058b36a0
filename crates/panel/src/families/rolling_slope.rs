//! Slope of the rolling least-squares line.

use super::{COLUMN_AND_WINDOW, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Line, rolling};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "rolling_slope",
    description: "slope of the least-squares line through x over the window, per minute of the time between bars; unknown for fewer than two values",
    unit: "column/min",
    example: "rolling_slope(close, 10)",
    parameters: COLUMN_AND_WINDOW,
    needs: &[],
    min_bars: 2,
    reach: Reach::Window,
    availability_delay: Span::ZERO,
    formula,
};

const MICROS_PER_MINUTE: f64 = 60e6;

fn formula(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let Some(window) = arguments.window else { return };
    let values = bars.input(0);
    rolling::<Line>(bars.times, values, window, &mut scratch.lines, |row, state| {
        out[row] = state.map_or(f64::NAN, |line| finite(line.slope() * MICROS_PER_MINUTE));
    });
}
