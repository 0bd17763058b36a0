//! Turn of a sign.

use super::COLUMN;
use super::flags::flag;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "flip",
    description: "1 when x > 0 and it was not at the bar before, or the other way round, else 0",
    unit: "flag",
    example: "flip(close)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::Previous,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let mut before = f64::NAN;
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        let now = flag(x.partial_cmp(&0.0), Ordering::Greater);
        *value = (now - before).abs();
        before = now;
    }
}
