//! Moving average convergence and divergence: the line. G. Appel, "The Moving Average Convergence-Divergence Trading Method" (1985).

use super::{COLUMN, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use crate::window::Ema;
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "macd",
    description: "ema(x, 12) - ema(x, 26); unknown for fewer than 26 known values. Bars without x are passed over",
    unit: "column",
    example: "macd(close)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

/// The line, value by value.
pub(super) struct Line {
    fast: Ema,
    slow: Ema,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            fast: Ema::new(12),
            slow: Ema::new(26),
        }
    }

    /// The line at the next value; `None` while fewer than 26 have come.
    pub(super) fn next(&mut self, value: f64) -> Option<f64> {
        let (fast, slow) = (self.fast.next(value), self.slow.next(value));
        fast.zip(slow).map(|(fast, slow)| fast - slow)
    }
}

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let mut line = Line::new();
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        if !x.is_nan() {
            *value = line.next(*x).map_or(f64::NAN, finite);
        }
    }
}
