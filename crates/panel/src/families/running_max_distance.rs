//! Distance from the running maximum.

use super::{COLUMN, ratio};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "running_max_distance",
    description: "(m - x) / m, m the largest x of the entity so far: 0 at the maximum, 0.2 when 20 % below it",
    unit: "1",
    example: "running_max_distance(high)",
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
        *value = ratio(highest - x, highest);
    }
}
