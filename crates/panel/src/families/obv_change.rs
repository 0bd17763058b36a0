//! Change of the on-balance volume. J. Granville, "New Key to Stock Market Profits" (1963).

use super::{BARS, finite};
use crate::catalogue::{Arguments, Bars, Family, Need, Reach, Scratch};
use crate::window::{Sum, rolling};
use mltraining_domain::{ColumnRole, Span};

pub(super) static FAMILY: Family = Family {
    name: "obv_change",
    description: "sum over n bars of the volume, counted positive where the close rose, negative where it fell, and not where it stayed",
    unit: "volume",
    example: "obv_change(10)",
    parameters: BARS,
    needs: &[Need::Role(ColumnRole::Close), Need::Role(ColumnRole::Volume)],
    min_bars: 1,
    reach: Reach::Lag,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let Some(window) = arguments.window else { return };
    let Scratch { suffixes, values, .. } = scratch;
    let (close, volume) = (bars.input(0), bars.input(1));
    values.clear();
    values.extend((0..close.len()).map(|row| {
        let before = row.checked_sub(1).map_or(f64::NAN, |row| close[row]);
        sign(close[row] - before) * volume[row]
    }));
    rolling::<Sum>(bars.times, values, window, suffixes, |row, state| {
        out[row] = state.map_or(f64::NAN, |sum| finite(sum.a));
    });
}

/// 1, 0 or -1; NaN of NaN.
fn sign(change: f64) -> f64 {
    if change == 0.0 { 0.0 } else { change.signum() }
}
