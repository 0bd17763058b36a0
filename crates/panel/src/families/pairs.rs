//! What the families of two columns have in common.

use crate::catalogue::Bars;

/// Fills `out` with `of(a, b)` of the first two inputs at each bar.
pub(super) fn pairs(bars: &Bars<'_>, out: &mut [f64], of: impl Fn(f64, f64) -> f64) {
    let pairs = bars.input(0).iter().zip(bars.input(1));
    for (value, (a, b)) in out.iter_mut().zip(pairs) {
        *value = of(*a, *b);
    }
}
