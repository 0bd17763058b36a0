//! How a column compares to a value at t + H.

use super::horizon::{Horizon, Resolver};
use super::{LabelKind, LabelValue, Marks, Rule, Wanted};
use crate::catalogue::Bars;
use mltraining_domain::{Comparison, LabelSpec, SourceSpec, Span, ThresholdAtHorizon};

pub(super) static KIND: LabelKind = LabelKind {
    name: "threshold",
    description: "positive when x(t + H) is at least, above, at most or below a value; x(t + H) is the first known value of \
                  the same entity in [t + H, t + H + tolerance]. H may be 0; then no feature may be computed from x",
    examples,
};

fn examples() -> Vec<LabelSpec> {
    let spec = |column: &str, comparison, minutes, tolerance| {
        LabelSpec::Threshold(ThresholdAtHorizon {
            column: Some(column.to_owned()),
            comparison,
            value: 2.5e-8,
            horizon: Span::from_mins(minutes),
            tolerance,
        })
    };
    vec![
        spec("close", Comparison::AtLeast, 30, None),
        spec("trades", Comparison::Below, 5, Some(Span::from_mins(2))),
        spec("volume", Comparison::Above, 0, Some(Span::ZERO)),
        spec("volume", Comparison::AtMost, 0, None),
    ]
}

impl Rule for ThresholdAtHorizon {
    fn columns(&self) -> Vec<Wanted<'_>> {
        vec![Wanted {
            field: "column",
            name: self.column.as_deref(),
        }]
    }

    fn mark(&self, bars: &Bars<'_>, source: &SourceSpec, marks: &mut Marks<'_>) {
        let values = bars.input(0);
        let horizon = Horizon {
            length: self.horizon,
            tolerance: self.tolerance,
            source,
        };
        let mut resolver = Resolver::new(horizon, bars);
        for row in 0..bars.times.len() {
            let Some(then) = resolver.at(row, |bar| !values[bar].is_nan()) else {
                continue;
            };
            let holds = self.comparison.holds(values[then], self.value);
            marks.set(row, LabelValue::of(holds), bars.times[then]);
        }
    }
}
