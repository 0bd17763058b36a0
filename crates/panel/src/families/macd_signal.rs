//! Moving average convergence and divergence: the signal.

use super::{COLUMN, finite, macd::Line};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::Ema;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "macd_signal",
    description: "ema of macd(x) over 9 bars, beginning where macd is first known; unknown for fewer than 34 known values. Bars without x are passed over",
    unit: "column",
    example: "macd_signal(close)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

/// Line and signal, value by value.
pub(super) struct Signal {
    line: Line,
    mean: Ema,
}

impl Signal {
    pub(super) fn new() -> Self {
        Self {
            line: Line::new(),
            mean: Ema::new(9),
        }
    }

    /// (line, signal) at the next value; `None` while fewer than 34 have come.
    pub(super) fn next(&mut self, value: f64) -> Option<(f64, f64)> {
        let line = self.line.next(value)?;
        Some((line, self.mean.next(line)?))
    }
}

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let mut signal = Signal::new();
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        if !x.is_nan() {
            *value = signal.next(*x).map_or(f64::NAN, |(_, signal)| finite(signal));
        }
    }
}
