//! Average true range. J. W. Wilder, "New Concepts in Technical Trading Systems" (1978).

use super::{BARS, finite, moves};
use crate::catalogue::{Arguments, Bars, Family, Need, Reach, Scratch};
use crate::window::Wilder;
use mltraining_domain::{ColumnRole, Span};

pub(super) static FAMILY: Family = Family {
    name: "atr",
    description: "Wilder's mean over n bars of the true range, max(high - low, |high - c|, |low - c|), c the close one bar before; unknown for fewer than n of them. Bars without high, low or close are passed over",
    unit: "price",
    example: "atr(14)",
    parameters: BARS,
    needs: &[
        Need::Role(ColumnRole::High),
        Need::Role(ColumnRole::Low),
        Need::Role(ColumnRole::Close),
    ],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let Some(length) = arguments.bars() else { return };
    let mut mean = Wilder::new(length);
    moves(bars, |row, step| {
        out[row] = mean.next(step.true_range()).map_or(f64::NAN, finite);
    });
}
