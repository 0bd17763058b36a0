//! Exponential moving average.

use super::{COLUMN_AND_BARS, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::Ema;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "ema",
    description: "m(t) = m(t - 1) + 2 / (n + 1) (x(t) - m(t - 1)) over n bars, m = x at the first bar; unknown for fewer than n known values. Bars without x are passed over",
    unit: "column",
    example: "ema(close, 12)",
    parameters: COLUMN_AND_BARS,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let Some(span) = arguments.bars() else { return };
    let mut mean = Ema::new(span);
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        if !x.is_nan() {
            *value = mean.next(*x).map_or(f64::NAN, finite);
        }
    }
}
