//! What a context said last.

use crate::catalogue::{Arguments, Bars, Family, Parameter, Reach, Scratch};
use mltraining_domain::Span;

pub(super) static FAMILY: Family = Family {
    name: "as_of",
    description: "a feature of a context of the source (another source, e.g. exchange rates or one leading series), computed on the \
                  context's own rows: its value at the context's newest row that is known at the row's time (time + the context's \
                  availability delay <= t); unknown when that row is older than the context's maximum age",
    unit: "column",
    example: "as_of(market, rolling_mean(close, 10))",
    parameters: &[Parameter::Context, Parameter::Column],
    needs: &[],
    min_bars: 1,
    reach: Reach::Context,
    availability_delay: Span::ZERO,
    formula,
};

/// The input is joined by the time it comes here, as pandas' `merge_asof` does.
fn formula(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    out.copy_from_slice(bars.input(0));
}
