//! Round trips: what a position that is decided on a row would have brought, by the bars that follow it.
//!
//! A position is opened at the price of the next bar of the same entity, never at that of the bar which it is decided on: that
//! price is gone once it is known. It is closed where the label resolves: at the first bar in [t + H, t + H + tolerance] with a
//! known price, t being the decision, or at a barrier that a later bar within (t, t + H] touches. Barriers lie at the label's
//! distances from the price of the entry. An upper barrier is filled at its own level. A lower one is filled at its level or at
//! the bar's price, whichever is worse; so is a bar that touches both. Nothing is made up: where a price is missing there is no
//! entry, and without a touch no exit.

use crate::Panel;
use crate::catalogue::Bars;
use crate::labels;
use crate::labels::first_reach::FirstReach;
use crate::labels::horizon::{Horizon, Resolver, Within, measurable, open};
use mltraining_domain::{Direction, LabelSpec, RoundTrip, SourceSpec, Span};
use std::borrow::Cow;
use std::ops::Range;

/// The round trip of every row of a panel, by a label of a change of price; all without entry for other labels, and where the panel
/// lacks a column of the label. `end` is the first instant that was not read: the exit of a row whose horizon reaches it is not known,
/// even where a barrier was touched before, as its label is not.
pub fn round_trips(panel: &Panel, label: &LabelSpec, source: &SourceSpec, end: i64) -> Vec<RoundTrip> {
    let mut trips = vec![RoundTrip::NoEntry; panel.rows()];
    let names = labels::columns(label, source).unwrap_or_default();
    let columns: Option<Vec<&[f64]>> = names.into_iter().map(|name| panel.column(name)).collect();
    let (Some(columns), Some(exits)) = (columns, Exits::of(label, source)) else {
        return trips;
    };
    for entity in 0..panel.entities().len() {
        let rows = panel.range_of(entity);
        let inputs: Vec<Cow<'_, [f64]>> = columns
            .iter()
            .map(|all| Cow::Borrowed(&all[rows.clone()]))
            .collect();
        let bars = Bars::of(panel, &inputs, rows.clone());
        exits.mark(&bars, end, &mut trips[rows]);
    }
    trips
}

/// Where positions end.
struct Exits<'a> {
    horizon: Horizon<'a>,
    /// Distances from the price of the entry, as ratios; `None` where there is no barrier. Each looks at an input of its own.
    upper: Option<Barrier>,
    lower: Option<Barrier>,
}

/// A level that ends a position when a bar touches it.
#[derive(Clone, Copy)]
struct Barrier {
    distance: f64,
    /// The input that touches it.
    input: usize,
    /// What it is filled at.
    fill: Fill,
}

/// What a barrier is filled at.
#[derive(Clone, Copy, PartialEq)]
enum Fill {
    /// Its own level: an order that waits there.
    Level,
    /// Its own level, or the bar's price where that is lower.
    Worse,
}

impl<'a> Exits<'a> {
    fn of(label: &LabelSpec, source: &'a SourceSpec) -> Option<Self> {
        let horizon = |length: Span, tolerance: Option<Span>| Horizon {
            length,
            tolerance,
            source,
        };
        let level = |distance, input| Barrier {
            distance,
            input,
            fill: Fill::Level,
        };
        Some(match label {
            LabelSpec::ChangeAtHorizon(label) => Self {
                horizon: horizon(label.horizon, label.tolerance),
                upper: None,
                lower: None,
            },
            LabelSpec::ExtremeWithinHorizon(label) => Self {
                horizon: horizon(label.horizon, label.tolerance),
                upper: (label.direction == Direction::Up).then(|| level(label.change, 1)),
                lower: (label.direction == Direction::Down).then(|| level(label.change, 1)),
            },
            LabelSpec::TripleBarrier(label) => Self {
                horizon: horizon(label.horizon, label.tolerance),
                upper: Some(level(label.upper, 1)),
                lower: Some(Barrier {
                    fill: Fill::Worse,
                    ..level(label.lower, 2)
                }),
            },
            LabelSpec::Threshold(_) | LabelSpec::Column(_) | LabelSpec::ChangeTarget(_) => return None,
        })
    }

    /// The round trips of one entity.
    fn mark(&self, bars: &Bars<'_>, end: i64, trips: &mut [RoundTrip]) {
        let prices = bars.input(0);
        let upper = self
            .upper
            .map(|barrier| (barrier, FirstReach::high(bars.input(barrier.input))));
        let lower = self
            .lower
            .map(|barrier| (barrier, FirstReach::low(bars.input(barrier.input))));
        let length = self.horizon.length;
        let (mut within, mut resolver) = (Within::new(bars, length), Resolver::new(self.horizon, bars));
        let unread = open(bars.times, length, end);
        for (row, trip) in trips.iter_mut().enumerate() {
            let ahead = within.of(row);
            let last = resolver.at(row, |bar| !prices[bar].is_nan());
            let Some(entry) = entry(bars.times, prices, row, length) else {
                continue;
            };
            let after = entry + 1..ahead.end.max(entry + 1);
            let touched = touched(prices, entry, after, upper.as_ref(), lower.as_ref());
            let ends = touched.or(last.map(|last| (last, prices[last])));
            *trip = RoundTrip::NoExit;
            let Some((exit, price)) = ends.filter(|_| !unread.contains(&row)) else {
                continue;
            };
            *trip = RoundTrip::Done {
                entry: bars.times[entry],
                exit: bars.times[exit],
                ratio: price.max(0.0) / prices[entry],
            };
        }
    }
}

/// The next bar, if it has a price and comes before the horizon is over.
fn entry(times: &[i64], prices: &[f64], row: usize, horizon: Span) -> Option<usize> {
    let next = row + 1;
    let over = times[row].saturating_add(horizon.micros());
    let time = *times.get(next)?;
    (time < over && measurable(prices[next])).then_some(next)
}

/// The first of these bars that touches a barrier, and the price there. Of a bar that touches both the lower one counts.
fn touched(
    prices: &[f64],
    entry: usize,
    bars: Range<usize>,
    upper: Option<&(Barrier, FirstReach)>,
    lower: Option<&(Barrier, FirstReach)>,
) -> Option<(usize, f64)> {
    let paid = prices[entry];
    let rise = upper.and_then(|(barrier, reach)| {
        let level = paid * (1.0 + barrier.distance);
        Some((reach.first(bars.clone(), &|value| value >= level)?, level))
    });
    // A fall after the first rise no longer matters; one in the same bar does.
    let until = bars.start..rise.map_or(bars.end, |(bar, _)| bar + 1);
    let fall = lower.and_then(|(barrier, reach)| {
        let level = paid * (1.0 - barrier.distance);
        let bar = reach.first(until, &|value| value <= level)?;
        let price = match barrier.fill {
            Fill::Worse if prices[bar] < level => prices[bar],
            Fill::Worse | Fill::Level => level,
        };
        Some((bar, price))
    });
    fall.or(rise)
}

#[cfg(test)]
mod tests;
