//! What the flags have in common.

use crate::catalogue::{Arguments, Bars};
use crate::window::State;
use std::cmp::Ordering;

/// 1 when it came out as wanted, 0 when not; NaN for what cannot be compared.
pub(super) fn flag(found: Option<Ordering>, wanted: Ordering) -> f64 {
    found.map_or(f64::NAN, |found| f64::from(u8::from(found == wanted)))
}

/// Flags each bar whose first input compares to the number as wanted.
pub(super) fn against_number(bars: &Bars<'_>, arguments: Arguments, wanted: Ordering, out: &mut [f64]) {
    let Some(number) = arguments.number else { return };
    for (value, x) in out.iter_mut().zip(bars.input(0)) {
        *value = flag(x.partial_cmp(&number), wanted);
    }
}

/// Flags each row whose value compares to `number` times the mean of its window as wanted: what a rolling aggregate of
/// [`Moments`](crate::window::Moments) emits its states to.
pub(super) fn against_mean<'a>(
    values: &'a [f64],
    number: f64,
    wanted: Ordering,
    out: &'a mut [f64],
) -> impl FnMut(usize, Option<State>) + 'a {
    move |row, state| {
        out[row] = state.map_or(f64::NAN, |state| {
            flag(values[row].partial_cmp(&(number * state.mean())), wanted)
        });
    }
}
