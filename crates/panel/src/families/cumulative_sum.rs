//! Sum of all so far.

use super::{COLUMN, finite};
use crate::catalogue::{Arguments, Bars, Family, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "cumulative_sum",
    description: "sum of x over the bars of the entity so far",
    unit: "column",
    example: "cumulative_sum(volume)",
    parameters: COLUMN,
    needs: &[],
    min_bars: 1,
    reach: Reach::History,
    availability_delay: Span::ZERO,
    formula,
};

fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    // The rounding of each addition is kept apart (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation
    // endlicher Summen", 1974), so that a long history costs no digits.
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        if x.is_nan() {
            continue;
        }
        let next = sum + x;
        lost += if sum.abs() >= x.abs() {
            (sum - next) + x
        } else {
            (x - next) + sum
        };
        sum = next;
        *value = finite(sum + lost);
    }
}
