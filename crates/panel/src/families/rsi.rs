//! Relative strength index. J. W. Wilder, "New Concepts in Technical Trading Systems" (1978).

use super::{COLUMN_AND_BARS, ratio};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::Wilder;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "rsi",
    description: "100 g / (g + l), g and l Wilder's means of the rises and falls of x from bar to bar over n bars: 100 when it only rose, 50 when both are equal; unknown for fewer than n changes and when it never moved. Bars without x are passed over",
    unit: "1",
    example: "rsi(close, 14)",
    parameters: COLUMN_AND_BARS,
    needs: &[],
    min_bars: 2,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let Some(length) = arguments.bars() else { return };
    let (mut gain, mut loss) = (Wilder::new(length), Wilder::new(length));
    let mut before = f64::NAN;
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        if x.is_nan() {
            continue;
        }
        if !before.is_nan() {
            let change = x - before;
            let means = gain.next(change.max(0.0)).zip(loss.next((-change).max(0.0)));
            *value = means.map_or(f64::NAN, |(gain, loss)| 100.0 * ratio(gain, gain + loss));
        }
        before = *x;
    }
}
