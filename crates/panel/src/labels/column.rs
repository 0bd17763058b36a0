//! A label that the source holds itself.

use super::{LabelKind, LabelValue, Marks, Rule, Wanted};
use crate::catalogue::Bars;
use mltraining_domain::{ColumnLabel, LabelSpec, SourceSpec, Span};

pub(super) static KIND: LabelKind = LabelKind {
    name: "column",
    description: "positive when the column is 1 at t, negative when it is 0, unknown when it is anything else; known at t + \
                  delay. No feature may be computed from the column",
    examples,
};

fn examples() -> Vec<LabelSpec> {
    let spec = |delay| {
        LabelSpec::Column(ColumnLabel {
            column: "trades".to_owned(),
            delay,
        })
    };
    vec![spec(Span::ZERO), spec(Span::from_mins(5))]
}

impl Rule for ColumnLabel {
    fn columns(&self) -> Vec<Wanted<'_>> {
        vec![Wanted {
            field: "column",
            name: Some(&self.column),
        }]
    }

    fn mark(&self, bars: &Bars<'_>, _: &SourceSpec, marks: &mut Marks<'_>) {
        for (row, value) in bars.input(0).iter().enumerate() {
            let value = match value {
                1.0 => LabelValue::Positive,
                0.0 => LabelValue::Negative,
                _ => continue,
            };
            let known = bars.times[row].saturating_add(self.delay.micros());
            marks.set(row, value, known);
        }
    }
}
