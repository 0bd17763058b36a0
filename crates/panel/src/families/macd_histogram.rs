//! Moving average convergence and divergence: the histogram.

use super::{COLUMN, finite, macd_signal::Signal};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "macd_histogram",
    description: "macd(x) - macd_signal(x)",
    unit: "column",
    example: "macd_histogram(close)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let mut both = Signal::new();
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        if !x.is_nan() {
            *value = both
                .next(*x)
                .map_or(f64::NAN, |(line, signal)| finite(line - signal));
        }
    }
}
