//! Flag: above a number.

use super::COLUMN_AND_NUMBER;
use super::flags::against_number;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;
use std::cmp::Ordering;

pub(super) static FAMILY: Family = Family {
    name: "above",
    description: "1 when x is above the number, else 0",
    unit: "flag",
    example: "above(close, 0.5)",
    parameters: COLUMN_AND_NUMBER,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, arguments: Arguments, _: &mut Scratch, out: &mut [f64]) {
    against_number(bars, arguments, Ordering::Greater, out);
}
