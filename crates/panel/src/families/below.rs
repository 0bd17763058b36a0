//! Flag: below a number.

use super::COLUMN_AND_NUMBER;
use super::flags::against_number;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "below",
    description: "1 when x is below the number, else 0",
    unit: "flag",
    example: "below(close, 0.5)",
    parameters: COLUMN_AND_NUMBER,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    against_number(bars, arguments, Ordering::Less, out);
}
