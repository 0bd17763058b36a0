//! A raw column.

use super::COLUMN;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "raw",
    description: "the column itself; written as the bare name of the column",
    unit: "column",
    example: "close",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    out.copy_from_slice(bars.input(0));
}
