//! Flag: above a multiple of the rolling mean over windows that need not be full.

use super::COLUMN_WINDOW_AND_NUMBER;
use super::flags::against_mean;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Moments, rolling_partial};
use mltraining_domain::Span;
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "partial_above_mean",
    description: "1 when x is above the number times the mean of the known x in the window, else 0. A window in bars says something from the first known x on, not only when it is full",
    unit: "flag",
    example: "partial_above_mean(volume, 10, 1.5)",
    parameters: COLUMN_WINDOW_AND_NUMBER,
    needs: &[],
    min_bars: 1,
    reach: Reach::Window,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let (Some(window), Some(number)) = (arguments.window, arguments.number) else {
        return;
    };
    let values = bars.input(0);
    let emit = against_mean(values, number, Ordering::Greater, out);
    rolling_partial::<Moments>(bars.times, values, window, &mut scratch.suffixes, emit);
}
