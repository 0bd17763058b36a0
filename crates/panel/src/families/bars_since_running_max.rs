//! Bars since the running maximum.

use super::COLUMN;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "bars_since_running_max",
    description: "number of bars since the last one that stood at the running maximum of x; 0 at the maximum",
    unit: "bars",
    example: "bars_since_running_max(high)",
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
    for (row, (value, x)) in out.iter_mut().zip(bars.input(0)).enumerate() {
        highest = highest.max(*x);
        if *x == highest {
            reached = Some(row);
        }
        *value = reached.map_or(f64::NAN, |then| (row - then) as f64);
    }
}
