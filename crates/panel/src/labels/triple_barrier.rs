//! Which of two barriers is touched first within the horizon (Lopez de Prado, "Advances in Financial Machine Learning",
//! 2018, section 3.4; here the barrier of time counts as negative).

use super::change_at_horizon::reaches;
use super::first_reach::FirstReach;
use super::horizon::{Horizon, Resolver, Within, change, measurable};
use super::{LabelKind, LabelValue, Marks, Rule, Wanted};
use crate::catalogue::Bars;
use mltraining_domain::{Direction, LabelSpec, SourceSpec, Span, TripleBarrier};

pub(super) static KIND: LabelKind = LabelKind {
    name: "triple_barrier",
    description: "positive when the first bar of the same entity in (t, t + H] that touches a barrier touches only the upper \
                  one, p(t) (1 + upper); negative when it touches the lower one, p(t) (1 - lower), or both; each known at \
                  that bar. Without a touch negative, known at the first bar in [t + H, t + H + tolerance]",
    examples,
};

fn examples() -> Vec<LabelSpec> {
    let spec = |columns: Option<(&str, &str)>, tolerance| {
        LabelSpec::TripleBarrier(TripleBarrier {
            column: None,
            upper_column: columns.map(|(upper, _)| upper.to_owned()),
            lower_column: columns.map(|(_, lower)| lower.to_owned()),
            upper: 0.03,
            lower: 0.02,
            horizon: Span::from_mins(30),
            tolerance,
        })
    };
    vec![
        spec(None, None),
        spec(Some(("high", "low")), Some(Span::from_mins(2))),
    ]
}

impl Rule for TripleBarrier {
    fn columns(&self) -> Vec<Wanted<'_>> {
        let own = |field, name| Wanted { field, name };
        let barrier = |field, name: &'_ Option<String>| match name {
            Some(_) => field,
            None => "column",
        };
        let column = self.column.as_deref();
        let (upper, lower) = (&self.upper_column, &self.lower_column);
        vec![
            own("column", column),
            own(barrier("upper_column", upper), upper.as_deref().or(column)),
            own(barrier("lower_column", lower), lower.as_deref().or(column)),
        ]
    }

    fn mark(&self, bars: &Bars<'_>, source: &SourceSpec, marks: &mut Marks<'_>) {
        let (prices, highs, lows) = (bars.input(0), bars.input(1), bars.input(2));
        let (upper, lower) = (FirstReach::high(highs), FirstReach::low(lows));
        let horizon = Horizon {
            length: self.horizon,
            tolerance: self.tolerance,
            source,
        };
        let (mut within, mut resolver) = (Within::new(bars, self.horizon), Resolver::new(horizon, bars));
        let known = |bar: usize| !highs[bar].is_nan() && !lows[bar].is_nan();
        for (row, now) in prices.iter().copied().enumerate() {
            let (ahead, last) = (within.of(row), resolver.at(row, known));
            if !measurable(now) {
                continue;
            }
            let above = |then| reaches(change(now, then), self.upper, Direction::Up);
            let below = |then| reaches(change(now, then), self.lower, Direction::Down);
            let ups = upper.first(ahead.clone(), &above);
            // A fall after the first rise no longer matters; one in the same bar does.
            let ahead = ahead.start..ups.map_or(ahead.end, |bar| bar + 1);
            match (lower.first(ahead, &below), ups, last) {
                (Some(touch), _, _) => marks.set(row, LabelValue::Negative, bars.times[touch]),
                (None, Some(touch), _) => marks.set(row, LabelValue::Positive, bars.times[touch]),
                (None, None, Some(last)) => marks.set(row, LabelValue::Negative, bars.times[last]),
                (None, None, None) => {}
            }
        }
    }
}
