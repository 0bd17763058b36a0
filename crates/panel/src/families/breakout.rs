//! Breakout above the running maximum.

use super::COLUMN;
use super::flags::flag;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "breakout",
    description: "1 when x is above every earlier x of the entity, else 0; unknown for the first",
    unit: "flag",
    example: "breakout(high)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let mut highest = f64::NAN;
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        *value = flag(x.partial_cmp(&highest), Ordering::Greater);
        highest = highest.max(*x);
    }
}
