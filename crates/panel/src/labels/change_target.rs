//! The change itself: a number. As a class every row is unknown; [`targets`](crate::targets) tells the numbers.

use super::{LabelKind, Marks, Rule, Wanted};
use crate::catalogue::Bars;
use mltraining_domain::{ChangeTarget, LabelSpec, SourceSpec, Span};

pub(super) static KIND: LabelKind = LabelKind {
    name: "change_target",
    description: "the number (p(t + H) - p(t)) / p(t); p(t + H) is the first known value of the same entity in [t + H, t + H + \
                  tolerance]",
    examples,
};

fn examples() -> Vec<LabelSpec> {
    vec![LabelSpec::ChangeTarget(ChangeTarget {
        column: None,
        horizon: Span::from_mins(30),
        tolerance: None,
    })]
}

impl Rule for ChangeTarget {
    fn columns(&self) -> Vec<Wanted<'_>> {
        vec![Wanted {
            field: "column",
            name: self.column.as_deref(),
        }]
    }

    fn mark(&self, _: &Bars<'_>, _: &SourceSpec, _: &mut Marks<'_>) {} // a number is of no class
}
