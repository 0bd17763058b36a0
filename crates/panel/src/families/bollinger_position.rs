//! Position between the Bollinger bands. J. Bollinger, "Bollinger on Bollinger Bands" (2001), where it is called %b.

use super::{COLUMN_AND_WINDOW, ratio};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Moments, rolling};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "bollinger_position",
    description: "(x - lower) / (upper - lower), the bands two standard deviations (ddof 0) below and above the mean, all over the window: 0 at the lower band, 1 at the upper; unknown when all values are equal",
    unit: "1",
    example: "bollinger_position(close, 20)",
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
        out[row] = state.map_or(f64::NAN, |s| {
            0.5 + ratio(values[row] - s.mean(), 4.0 * s.population_std())
        });
    });
}
