//! Time since the running maximum.

use super::COLUMN;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

const MICROS_PER_SECOND: f64 = 1e6;

pub(super) static FAMILY: Family = Family {
    name: "time_since_running_max",
    description: "time since the last bar that stood at the running maximum of x, in seconds; 0 at the maximum",
    unit: "s",
    example: "time_since_running_max(high)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let mut highest = f64::NAN;
    let mut reached = None;
    for ((value, x), time) in out.iter_mut().zip(bars.input(0)).zip(bars.times) {
        highest = highest.max(*x);
        if *x == highest {
            reached = Some(*time);
        }
        *value = reached.map_or(f64::NAN, |then| (time - then) as f64 / MICROS_PER_SECOND);
    }
}
