//! Average directional index. J. W. Wilder, "New Concepts in Technical Trading Systems" (1978); seeded as in TA-Lib.

use super::{BARS, moves, ratio};
use crate::catalogue::{Arguments, Bars, Family, Need, Reach, Scratch};
use crate::window::{Wilder, WilderTotal};
use mltraining_domain::{ColumnRole, Span};

pub(super) static FAMILY: Family = Family {
    name: "adx",
    description: "Wilder's mean over n bars of 100 |p - m| / (p + m), p and m Wilder's totals of the rises of the high and the falls of the low, the larger of the two at each bar; unknown for fewer than 2 n - 1 steps. Bars without high, low or close and without any move are passed over",
    unit: "1",
    example: "adx(14)",
    parameters: BARS,
    needs: &[
        Need::Role(ColumnRole::High),
        Need::Role(ColumnRole::Low),
        Need::Role(ColumnRole::Close),
    ],
    min_bars: 2,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let Some(length) = arguments.bars() else { return };
    let (mut up, mut down) = (WilderTotal::new(length), WilderTotal::new(length));
    let mut mean = Wilder::new(length);
    moves(bars, |row, step| {
        let (rise, fall) = step.directions();
        if let Some((up, down)) = up.next(rise).zip(down.next(fall)) {
            let index = 100.0 * ratio((up - down).abs(), up + down);
            if !index.is_nan() {
                mean.next(index);
            }
        }
        out[row] = mean.now().unwrap_or(f64::NAN);
    });
}
