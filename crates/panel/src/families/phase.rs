//! Lifecycle phase.

use super::NOTHING;
use crate::catalogue::{Arguments, Bars, Family, Need, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "phase",
    description: "id of the lifecycle phase of the row",
    unit: "id",
    example: "phase",
    parameters: NOTHING,
    needs: &[Need::Phase],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    out.fill(f64::NAN);
    for (value, phase) in out.iter_mut().zip(bars.phases.unwrap_or_default()) {
        *value = phase.map_or(f64::NAN, f64::from);
    }
}
