//! Flag: above a multiple of the rolling mean.

use super::COLUMN_WINDOW_AND_NUMBER;
use super::flags::against_mean;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::{Moments, rolling};
use mltraining_domain::Span;
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "above_mean",
    description: "1 when x is above the number times its mean over the window, else 0",
    unit: "flag",
    example: "above_mean(volume, 10, 2)",
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
    rolling::<Moments>(bars.times, values, window, &mut scratch.suffixes, emit);
}
