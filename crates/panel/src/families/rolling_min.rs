//! Rolling minimum.

use super::COLUMN_AND_WINDOW;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Lowest, rolling};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "rolling_min",
    description: "smallest x in the window",
    unit: "column",
    example: "rolling_min(close, 10)",
    parameters: COLUMN_AND_WINDOW,
    needs: &[],
    min_bars: 1,
    reach: Reach::Window,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let Some(window) = arguments.window else { return };
    let values = bars.input(0);
    rolling::<Lowest>(bars.times, values, window, &mut scratch.suffixes, |row, state| {
        out[row] = state.map_or(f64::NAN, |s| s.a);
    });
}
