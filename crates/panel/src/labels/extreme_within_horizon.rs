//! Whether a change is reached at any time within the horizon.

use super::change_at_horizon::reaches;
use super::first_reach::FirstReach;
use super::horizon::{Horizon, Resolver, Within, change, measurable};
use super::{LabelKind, LabelValue, Marks, Rule, Wanted};
use crate::catalogue::Bars;
use mltraining_domain::{Direction, ExtremeWithinHorizon, LabelSpec, SourceSpec, Span};

pub(super) static KIND: LabelKind = LabelKind {
    name: "extreme_within_horizon",
    description: "positive when some bar u of the same entity in (t, t + H] has (q(u) - p(t)) / p(t) >= change (up) or <= \
                  -change (down), known at the first such bar; negative when none has and a bar in [t + H, t + H + tolerance] \
                  shows it, known at that bar",
    examples,
};

fn examples() -> Vec<LabelSpec> {
    let spec = |direction, extreme_column: Option<&str>, tolerance| {
        LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
            column: None,
            extreme_column: extreme_column.map(str::to_owned),
            change: 0.02,
            direction,
            horizon: Span::from_mins(30),
            tolerance,
        })
    };
    vec![
        spec(Direction::Up, None, None),
        spec(Direction::Up, Some("high"), None),
        spec(Direction::Down, Some("low"), Some(Span::from_mins(2))),
    ]
}

impl Rule for ExtremeWithinHorizon {
    fn columns(&self) -> Vec<Wanted<'_>> {
        let column = Wanted {
            field: "column",
            name: self.column.as_deref(),
        };
        let extreme = match &self.extreme_column {
            Some(name) => Wanted {
                field: "extreme_column",
                name: Some(name),
            },
            None => Wanted { ..column },
        };
        vec![column, extreme]
    }

    fn mark(&self, bars: &Bars<'_>, source: &SourceSpec, marks: &mut Marks<'_>) {
        let (prices, extremes) = (bars.input(0), bars.input(1));
        let reach = match self.direction {
            Direction::Up => FirstReach::high(extremes),
            Direction::Down => FirstReach::low(extremes),
        };
        let horizon = Horizon {
            length: self.horizon,
            tolerance: self.tolerance,
            source,
        };
        let (mut within, mut resolver) = (Within::new(bars, self.horizon), Resolver::new(horizon, bars));
        for (row, now) in prices.iter().copied().enumerate() {
            let (ahead, last) = (within.of(row), resolver.at(row, |bar| !extremes[bar].is_nan()));
            if !measurable(now) {
                continue;
            }
            let touches = |then| reaches(change(now, then), self.change, self.direction);
            match (reach.first(ahead, &touches), last) {
                (Some(touch), _) => marks.set(row, LabelValue::Positive, bars.times[touch]),
                (None, Some(last)) => marks.set(row, LabelValue::Negative, bars.times[last]),
                (None, None) => {}
            }
        }
    }
}
