//! Ratio of two columns.

use super::pairs::pairs;
use super::{TWO_COLUMNS, ratio};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "ratio",
    description: "a / b, of two columns at the same bar",
    unit: "1",
    example: "ratio(high, low)",
    parameters: TWO_COLUMNS,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    pairs(bars, out, ratio);
}
