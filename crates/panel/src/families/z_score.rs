//! Distance from the rolling mean in standard deviations.

use super::COLUMN_AND_WINDOW;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Moments, rolling};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "z_score",
    description: "(x - mean) / standard deviation (ddof 1), both over the window; unknown when all values are equal",
    unit: "1",
    example: "z_score(close, 10)",
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
    rolling::<Moments>(bars.times, values, window, &mut scratch.suffixes, |row, state| {
        out[row] = state.map_or(f64::NAN, |s| super::ratio(values[row] - s.mean(), s.std()));
    });
}
