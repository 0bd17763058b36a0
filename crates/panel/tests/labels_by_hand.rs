//! Every kind of label against the plainest way to say what it means: for each row look at all others. Nothing is shared
//! with the code under test but the spec and the panel.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{column_names, panel, source};
use mltraining_domain::{
    ChangeAtHorizon, ColumnLabel, Comparison, Direction, ExtremeWithinHorizon, LabelSpec, SourceSpec, Span,
    ThresholdAtHorizon, TripleBarrier,
};
use mltraining_panel::labels::{self, LabelValue, UNRESOLVED};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;

/// One bar: minute, phase, then open, high, low, close, volume, trades.
type Bar = (i64, Option<i32>, Vec<f64>);

/// Prices near 100 with holes, so that small changes are reached now and then; trades are 0, 1 or unknown.
fn bars() -> impl Strategy<Value = Vec<Bar>> {
    let price = || prop_oneof![1 => Just(f64::NAN), 12 => (94..107_i32).prop_map(f64::from)];
    let flag = prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN)];
    let phase = prop_oneof![3 => Just(None), 1 => Just(Some(2))];
    let gap = prop_oneof![6 => Just(1_i64), 2 => Just(3), 1 => Just(9)];
    let bar = (gap, phase, prop::collection::vec(price(), 5), flag);
    prop::collection::vec(bar, 1..50).prop_map(|bars| {
        let mut minute = 0;
        let bar = |(gap, phase, mut values, flag): (i64, _, Vec<f64>, f64)| {
            minute += gap;
            values.push(flag);
            (minute, phase, values)
        };
        bars.into_iter().map(bar).collect()
    })
}

fn spans() -> impl Strategy<Value = (Span, Option<Span>)> {
    let tolerance = prop_oneof![
        Just(None),
        (0..4_u32).prop_map(|mins| Some(Span::from_mins(mins)))
    ];
    ((1..12_u32).prop_map(Span::from_mins), tolerance)
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Up), Just(Direction::Down)]
}

fn change() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.01), Just(0.03), Just(0.05), 0.001..0.08_f64]
}

fn named(name: &'static str) -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), Just(Some(name.to_owned()))]
}

fn label() -> impl Strategy<Value = LabelSpec> {
    let at = (change(), direction(), spans(), named("open"));
    let at = at.prop_map(|(change, direction, (horizon, tolerance), column)| {
        LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column,
            change,
            direction,
            horizon,
            tolerance,
        })
    });
    let within = (change(), direction(), spans(), named("high"));
    let within = within.prop_map(|(change, direction, (horizon, tolerance), extreme_column)| {
        LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
            column: None,
            extreme_column,
            change,
            direction,
            horizon,
            tolerance,
        })
    });
    let barrier = (change(), change(), spans(), named("high"), named("low"));
    let barrier = barrier.prop_map(
        |(upper, lower, (horizon, tolerance), upper_column, lower_column)| {
            LabelSpec::TripleBarrier(TripleBarrier {
                column: None,
                upper_column,
                lower_column,
                upper,
                lower,
                horizon,
                tolerance,
            })
        },
    );
    let comparison = prop_oneof![
        Just(Comparison::AtLeast),
        Just(Comparison::Above),
        Just(Comparison::AtMost),
        Just(Comparison::Below)
    ];
    let threshold = (comparison, 94..107_i32, 0..9_u32, spans(), named("volume"));
    let threshold = threshold.prop_map(|(comparison, value, horizon, (_, tolerance), column)| {
        LabelSpec::Threshold(ThresholdAtHorizon {
            column,
            comparison,
            value: f64::from(value),
            horizon: Span::from_mins(horizon),
            tolerance,
        })
    });
    let column = (0..9_u32).prop_map(|delay| {
        LabelSpec::Column(ColumnLabel {
            column: "trades".to_owned(),
            delay: Span::from_mins(delay),
        })
    });
    prop_oneof![at, within, barrier, threshold, column]
}

/// One entity, looked at the plain way.
struct Entity<'a> {
    bars: &'a [Bar],
    source: &'a SourceSpec,
}

impl Entity<'_> {
    fn value(&self, name: &Option<String>, bar: usize) -> f64 {
        let name = name.as_deref().unwrap_or("close");
        let column = self
            .source
            .columns
            .iter()
            .position(|column| column.name == name)
            .unwrap();
        self.bars[bar].2[column]
    }

    /// Minutes from a row to a bar.
    fn ahead(&self, row: usize, bar: usize) -> i64 {
        self.bars[bar].0 - self.bars[row].0
    }

    /// The first later bar, or the row itself when H is 0, that is known and not before the horizon, if it is in time.
    fn at_horizon(
        &self,
        row: usize,
        horizon: Span,
        tolerance: Option<Span>,
        known: &dyn Fn(usize) -> bool,
    ) -> Option<usize> {
        let minutes = |span: Span| span.micros() / MINUTE;
        let bar =
            (row..self.bars.len()).find(|bar| self.ahead(row, *bar) >= minutes(horizon) && known(*bar))?;
        let late = (self.ahead(row, bar) - minutes(horizon)) * MINUTE;
        let longer = [row, bar].map(|bar| match self.bars[bar].1 {
            Some(2) => 60,
            _ => 300,
        });
        let default = longer[0].max(longer[1]) * 1_500_000;
        (late <= tolerance.map_or(default, Span::micros)).then_some(bar)
    }

    fn within(&self, row: usize, horizon: Span) -> Vec<usize> {
        let minutes = horizon.micros() / MINUTE;
        (row + 1..self.bars.len())
            .filter(|bar| self.ahead(row, *bar) <= minutes)
            .collect()
    }

    fn change_at_horizon(&self, spec: &ChangeAtHorizon, row: usize) -> Option<(bool, usize)> {
        let known = |bar: usize| !self.value(&spec.column, bar).is_nan();
        let now = self.value(&spec.column, row);
        let bar = self.at_horizon(row, spec.horizon, spec.tolerance, &known)?;
        let change = (self.value(&spec.column, bar) - now) / now;
        let reached = match spec.direction {
            Direction::Up => change >= spec.change,
            Direction::Down => change <= -spec.change,
        };
        known(row).then_some((reached, bar))
    }

    fn extreme(&self, spec: &ExtremeWithinHorizon, row: usize) -> Option<(bool, usize)> {
        let extreme = spec.extreme_column.clone().or(spec.column.clone());
        let now = self.value(&spec.column, row);
        if now.is_nan() {
            return None;
        }
        for bar in self.within(row, spec.horizon) {
            let change = (self.value(&extreme, bar) - now) / now;
            let reached = match spec.direction {
                Direction::Up => change >= spec.change,
                Direction::Down => change <= -spec.change,
            };
            if reached {
                return Some((true, bar));
            }
        }
        let known = |bar: usize| !self.value(&extreme, bar).is_nan();
        let last = self.at_horizon(row, spec.horizon, spec.tolerance, &known)?;
        Some((false, last))
    }

    fn barrier(&self, spec: &TripleBarrier, row: usize) -> Option<(bool, usize)> {
        let (upper, lower) = (&spec.upper_column, &spec.lower_column);
        let now = self.value(&spec.column, row);
        if now.is_nan() {
            return None;
        }
        for bar in self.within(row, spec.horizon) {
            let rose = (self.value(upper, bar) - now) / now >= spec.upper;
            let fell = (self.value(lower, bar) - now) / now <= -spec.lower;
            if rose || fell {
                return Some((rose && !fell, bar));
            }
        }
        let known = |bar: usize| !self.value(upper, bar).is_nan() && !self.value(lower, bar).is_nan();
        let last = self.at_horizon(row, spec.horizon, spec.tolerance, &known)?;
        Some((false, last))
    }

    fn threshold(&self, spec: &ThresholdAtHorizon, row: usize) -> Option<(bool, usize)> {
        let known = |bar: usize| !self.value(&spec.column, bar).is_nan();
        let bar = self.at_horizon(row, spec.horizon, spec.tolerance, &known)?;
        let value = self.value(&spec.column, bar);
        let holds = match spec.comparison {
            Comparison::AtLeast => value >= spec.value,
            Comparison::Above => value > spec.value,
            Comparison::AtMost => value <= spec.value,
            Comparison::Below => value < spec.value,
        };
        Some((holds, bar))
    }

    /// What is known of a row, and in which minute.
    fn label(&self, label: &LabelSpec, row: usize) -> Option<(bool, i64)> {
        let found = match label {
            LabelSpec::ChangeAtHorizon(spec) => self.change_at_horizon(spec, row),
            LabelSpec::ExtremeWithinHorizon(spec) => self.extreme(spec, row),
            LabelSpec::TripleBarrier(spec) => self.barrier(spec, row),
            LabelSpec::Threshold(spec) => self.threshold(spec, row),
            LabelSpec::Column(spec) => {
                let value = self.value(&Some(spec.column.clone()), row);
                let minute = self.bars[row].0 + spec.delay.micros() / MINUTE;
                return (!value.is_nan()).then_some((value == 1.0, minute));
            }
            LabelSpec::ChangeTarget(_) => unreachable!("a number is checked by tests of its own"),
        };
        found.map(|(value, bar)| (value, self.bars[bar].0))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_label_is_what_looking_at_every_bar_says(one in bars(), other in bars(), label in label(), end in 1..160_i64) {
        let source = source();
        let rows = |entity: &str, bars: &[Bar]| -> Vec<fixtures::Row> {
            let row = |(minute, phase, values): &Bar| (entity.to_owned(), minute * MINUTE, *phase, values.clone());
            bars.iter().map(row).collect()
        };
        let mut all = rows("a", &one);
        all.extend(rows("b", &other));
        let panel = panel(column_names(&source), all);
        let found = labels::compute(&panel, &label, &source, end * MINUTE);
        for (i, bars) in [&one, &other].into_iter().enumerate() {
            let entity = Entity { bars, source: &source };
            for (row, at) in panel.range_of(i).enumerate() {
                let ends = bars[row].0 + label.horizon().micros() / MINUTE >= end;
                let expected = match entity.label(&label, row).filter(|_| !ends) {
                    None => (LabelValue::Unknown, UNRESOLVED),
                    Some((true, minute)) => (LabelValue::Positive, minute * MINUTE),
                    Some((false, minute)) => (LabelValue::Negative, minute * MINUTE),
                };
                prop_assert_eq!((found.values[at], found.resolve_times[at]), expected, "row {} of {:?}", row, label);
            }
        }
    }
}
