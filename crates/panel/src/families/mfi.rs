//! Money flow index. G. Quong and A. Soudack, "Volume-Weighted RSI: Money Flow" (1989).

use super::{BARS, ratio};
use crate::catalogue::{Arguments, Bars, Family, Need, Reach, Scratch};
use crate::window::{Sum, rolling};
use mltraining_domain::{ColumnRole, Span};
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "mfi",
    description: "100 p / (p + m) over n bars, p and m the sums of volume times typical price, (high + low + close) / 3, at bars where that price rose and fell; unknown when it never moved",
    unit: "1",
    example: "mfi(14)",
    parameters: BARS,
    needs: &[
        Need::Role(ColumnRole::High),
        Need::Role(ColumnRole::Low),
        Need::Role(ColumnRole::Close),
        Need::Role(ColumnRole::Volume),
    ],
    min_bars: 1,
    reach: Reach::Lag,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let Some(window) = arguments.window else { return };
    let Scratch { suffixes, values, .. } = scratch;
    flows(bars, Ordering::Greater, values);
    rolling::<Sum>(bars.times, values, window, suffixes, |row, state| {
        out[row] = state.map_or(f64::NAN, |sum| sum.a);
    });
    flows(bars, Ordering::Less, values);
    rolling::<Sum>(bars.times, values, window, suffixes, |row, state| {
        out[row] = state.map_or(f64::NAN, |sum| 100.0 * ratio(out[row], out[row] + sum.a));
    });
}

/// The money that went this way at each bar; NaN where the bar or the one before it is not known.
fn flows(bars: &Bars<'_>, way: Ordering, flows: &mut Vec<f64>) {
    let price = |row: usize| (bars.input(0)[row] + bars.input(1)[row] + bars.input(2)[row]) / 3.0;
    let volume = bars.input(3);
    flows.clear();
    flows.extend((0..volume.len()).map(|row| {
        let before = row.checked_sub(1).map_or(f64::NAN, price);
        let Some(went) = price(row).partial_cmp(&before) else {
            return f64::NAN;
        };
        if went == way {
            price(row) * volume[row]
        } else {
            0.0 * volume[row]
        }
    }));
}
