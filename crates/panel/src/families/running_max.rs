//! Running maximum.

use super::COLUMN;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "running_max",
    description: "largest x of the entity so far",
    unit: "column",
    example: "running_max(high)",
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
        highest = highest.max(*x);
        *value = if x.is_nan() { f64::NAN } else { highest };
    }
}
