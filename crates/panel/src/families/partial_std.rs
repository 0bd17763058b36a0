//! Rolling standard deviation over windows that need not be full.

use super::{COLUMN_AND_WINDOW, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Moments, rolling_partial};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "partial_std",
    description: "standard deviation (ddof 1) of the known x in the window; unknown for fewer than two. A window in bars says something from the first known x on, not only when it is full",
    unit: "column",
    example: "partial_std(close, 10)",
    parameters: COLUMN_AND_WINDOW,
    needs: &[],
    min_bars: 2,
    reach: Reach::Window,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let Some(window) = arguments.window else { return };
    let values = bars.input(0);
    rolling_partial::<Moments>(bars.times, values, window, &mut scratch.suffixes, |row, state| {
        out[row] = state.map_or(f64::NAN, |s| finite(s.std()));
    });
}
