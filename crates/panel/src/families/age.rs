//! Time since the first bar of the entity.

use super::NOTHING;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

const MICROS_PER_MINUTE: f64 = 60e6;

pub(super) static FAMILY: Family = Family {
    name: "age",
    description: "time since the first bar of the entity, in minutes",
    unit: "min",
    example: "age",
    parameters: NOTHING,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let Some(first) = bars.times.first() else {
        return;
    };
    for (value, time) in out.iter_mut().zip(bars.times) {
        *value = (time - first) as f64 / MICROS_PER_MINUTE;
    }
}
