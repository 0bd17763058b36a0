//! Rank among all entities at the same instant.

use super::COLUMN;
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "cross_section_rank",
    description: "rank of x among the entities of the request that have a known x at the very same time, divided by their \
                  number: 1 for the largest; equal values share the mean of their ranks. Of earlier rows not every entity \
                  is read, so no feature looks back at a rank",
    unit: "1",
    example: "cross_section_rank(volume)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::Instant,
    availability_delay: Span::ZERO,
    formula,
};

/// pandas' `groupby(time).rank(pct=True, method="average")`, for one group.
fn formula(bars: &Bars<'_>, _: Arguments, scratch: &mut Scratch, out: &mut [f64]) {
    let values = bars.input(0);
    let order = &mut scratch.order;
    order.clear();
    order.extend((0..values.len()).filter(|row| !values[*row].is_nan()));
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let known = order.len() as f64;
    let mut below = 0;
    for equal in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = below as f64 + (equal.len() + 1) as f64 / 2.0;
        for row in equal {
            out[*row] = rank / known;
        }
        below += equal.len();
    }
}
