//! The relative change of a column between t and t + H.

use super::horizon::{Horizon, changes};
use super::{LabelKind, LabelValue, Marks, Rule, Wanted};
use crate::catalogue::Bars;
use mltraining_domain::{ChangeAtHorizon, Direction, LabelSpec, SourceSpec, Span};

pub(super) static KIND: LabelKind = LabelKind {
    name: "change_at_horizon",
    description: "positive when (p(t + H) - p(t)) / p(t) >= change (up) or <= -change (down); p(t + H) is the first known \
                  value of the same entity in [t + H, t + H + tolerance]",
    examples,
};

fn examples() -> Vec<LabelSpec> {
    let spec = |direction, tolerance| {
        LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column: None,
            change: 0.02,
            direction,
            horizon: Span::from_mins(30),
            tolerance,
        })
    };
    vec![
        spec(Direction::Up, None),
        spec(Direction::Down, Some(Span::from_mins(2))),
    ]
}

impl Rule for ChangeAtHorizon {
    fn columns(&self) -> Vec<Wanted<'_>> {
        vec![Wanted {
            field: "column",
            name: self.column.as_deref(),
        }]
    }

    fn mark(&self, bars: &Bars<'_>, source: &SourceSpec, marks: &mut Marks<'_>) {
        let horizon = Horizon {
            length: self.horizon,
            tolerance: self.tolerance,
            source,
        };
        changes(bars, horizon, |row, change, resolved| {
            let reached = reaches(change, self.change, self.direction);
            marks.set(row, LabelValue::of(reached), resolved);
        });
    }
}

/// Whether a change is as large as what is waited for; never for NaN.
pub(super) fn reaches(change: f64, wanted: f64, direction: Direction) -> bool {
    match direction {
        Direction::Up => change >= wanted,
        Direction::Down => change <= -wanted,
    }
}
