//! Hour of the day.

use super::NOTHING;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

pub(super) static FAMILY: Family = Family {
    name: "hour_of_day",
    description: "hour of the day in UTC, 0 to 23",
    unit: "h",
    example: "hour_of_day",
    parameters: NOTHING,
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    for (value, time) in out.iter_mut().zip(bars.times) {
        *value = time.div_euclid(MICROS_PER_HOUR).rem_euclid(24) as f64;
    }
}
