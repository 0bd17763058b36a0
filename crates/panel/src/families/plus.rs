//! Sum of two columns.

use super::pairs::pairs;
use super::{TWO_COLUMNS, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "plus",
    description: "a + b, of two columns at the same bar",
    unit: "column",
    example: "plus(high, low)",
    parameters: TWO_COLUMNS,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    pairs(bars, out, |a, b| finite(a + b));
}
