//! Day of the week.

use super::NOTHING;
use crate::MICROS_PER_DAY;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "day_of_week",
    description: "day of the week in UTC, 0 (Monday) to 6",
    unit: "d",
    example: "day_of_week",
    parameters: NOTHING,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

/// 1970-01-01 was a Thursday.
const FIRST_DAY: i64 = 3;

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    for (value, time) in out.iter_mut().zip(bars.times) {
        *value = (time.div_euclid(MICROS_PER_DAY) + FIRST_DAY).rem_euclid(7) as f64;
    }
}
