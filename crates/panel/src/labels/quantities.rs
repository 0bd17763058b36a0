//! What a label holds against its thresholds: the numbers that nothing known at t may tell.

use super::horizon::{Horizon, Resolver, Within, change, measurable};
use crate::Panel;
use crate::catalogue::Bars;
use mltraining_domain::{Direction, LabelSpec, SourceSpec, Span};
use std::borrow::Cow;
use std::collections::VecDeque;

/// One number per row of a panel that a label depends on; NaN where it cannot be known.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// What it is, for people.
    pub name: &'static str,
    /// One value per row.
    pub values: Vec<f64>,
}

/// The quantities behind a label: the change of its column to the horizon and the value there; of `extreme_within_horizon` those of
/// the extreme; of a label that the row itself tells, that column. Empty when the panel lacks a column of the label. Rows whose
/// label is unknown may have a value. Linear in the rows.
pub fn quantities(panel: &Panel, label: &LabelSpec, source: &SourceSpec) -> Vec<Quantity> {
    let names = super::columns(label, source).unwrap_or_default();
    let inputs: Option<Vec<&[f64]>> = names.into_iter().map(|name| panel.column(name)).collect();
    let Some(inputs) = inputs.filter(|inputs| !inputs.is_empty()) else {
        return Vec::new();
    };
    let horizon = |length, tolerance| Horizon {
        length,
        tolerance,
        source,
    };
    match label {
        LabelSpec::ChangeAtHorizon(spec) => {
            at_horizon(panel, inputs[0], horizon(spec.horizon, spec.tolerance)).into()
        }
        LabelSpec::ChangeTarget(spec) => {
            at_horizon(panel, inputs[0], horizon(spec.horizon, spec.tolerance)).into()
        }
        LabelSpec::TripleBarrier(spec) => {
            at_horizon(panel, inputs[0], horizon(spec.horizon, spec.tolerance)).into()
        }
        LabelSpec::ExtremeWithinHorizon(spec) => {
            within_horizon(panel, [inputs[0], inputs[1]], spec.horizon, spec.direction).into()
        }
        LabelSpec::Threshold(spec) if !spec.horizon.is_zero() => {
            let [_, value] = at_horizon(panel, inputs[0], horizon(spec.horizon, spec.tolerance));
            vec![value]
        }
        LabelSpec::Threshold(_) | LabelSpec::Column(_) => vec![Quantity {
            name: "the column that tells the label",
            values: inputs[0].to_vec(),
        }],
    }
}

/// The change to the horizon, and the value there.
fn at_horizon(panel: &Panel, column: &[f64], horizon: Horizon<'_>) -> [Quantity; 2] {
    pair(
        panel,
        ["the change to the horizon", "the value at the horizon"],
        |rows, put| {
            let inputs = [Cow::Borrowed(&column[rows.clone()])];
            let bars = Bars::of(panel, &inputs, rows);
            let values = bars.input(0);
            let mut resolver = Resolver::new(horizon, &bars);
            for (row, now) in values.iter().enumerate() {
                if let Some(then) = resolver.at(row, |bar| !values[bar].is_nan()) {
                    put(row, *now, values[then]);
                }
            }
        },
    )
}

/// The largest change within the horizon, and the value that makes it. The inputs are p and q of the label.
fn within_horizon(panel: &Panel, inputs: [&[f64]; 2], length: Span, direction: Direction) -> [Quantity; 2] {
    let names = [
        "the largest change within the horizon",
        "the extreme within the horizon",
    ];
    pair(panel, names, |rows, put| {
        let inputs = inputs.map(|all| Cow::Borrowed(&all[rows.clone()]));
        let bars = Bars::of(panel, &inputs, rows);
        let (prices, extremes) = (bars.input(0), bars.input(1));
        let beats = |new: f64, old: f64| match direction {
            Direction::Up => new >= old,
            Direction::Down => new <= old,
        };
        let mut within = Within::new(&bars, length);
        // Bars of the window that no later bar of it beats, in order of time: the first is the extreme.
        let (mut best, mut next) = (VecDeque::new(), 0);
        for (row, now) in prices.iter().enumerate() {
            let ahead = within.of(row);
            for bar in next.max(ahead.start)..ahead.end {
                if extremes[bar].is_nan() {
                    continue;
                }
                while best
                    .back()
                    .is_some_and(|last: &usize| beats(extremes[bar], extremes[*last]))
                {
                    best.pop_back();
                }
                best.push_back(bar);
            }
            next = next.max(ahead.end);
            while best.front().is_some_and(|first| *first < ahead.start) {
                best.pop_front();
            }
            if let Some(bar) = best.front() {
                put(row, *now, extremes[*bar]);
            }
        }
    })
}

/// Fills a change and a value, both unknown before, entity by entity: `of` is given the rows of an entity, and puts (row of the
/// entity, value now, value then).
fn pair(
    panel: &Panel,
    names: [&'static str; 2],
    of: impl Fn(std::ops::Range<usize>, &mut dyn FnMut(usize, f64, f64)),
) -> [Quantity; 2] {
    let mut changes = vec![f64::NAN; panel.rows()];
    let mut values = changes.clone();
    for entity in 0..panel.entities().len() {
        let rows = panel.range_of(entity);
        let start = rows.start;
        of(rows, &mut |row, now, then| {
            values[start + row] = then;
            if measurable(now) {
                changes[start + row] = change(now, then);
            }
        });
    }
    let [of_change, of_value] = names;
    [(of_change, changes), (of_value, values)].map(|(name, values)| Quantity { name, values })
}
