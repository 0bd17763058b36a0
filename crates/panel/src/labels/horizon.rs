//! What lies at the horizon: the bar that resolves, and the change until then.

use crate::catalogue::Bars;
use mltraining_domain::{SourceSpec, Span};
use std::ops::Range;

/// How far ahead, and how late the bar there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Horizon<'a> {
    /// H, as time.
    pub(crate) length: Span,
    /// As given, or 1.5 bars of the phase of the row or of the bar that resolves, whichever has the longer bars: an entity
    /// that moves on to longer bars within the horizon would else lose nearly all of its labels.
    pub(crate) tolerance: Option<Span>,
    /// Knows the bars of the phases.
    pub(crate) source: &'a SourceSpec,
}

/// Finds the bar that resolves for row after row. It never moves back as t moves on, so that this is linear.
pub(crate) struct Resolver<'a> {
    horizon: Horizon<'a>,
    bars: &'a Bars<'a>,
    next: usize,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(horizon: Horizon<'a>, bars: &'a Bars<'a>) -> Self {
        Self {
            horizon,
            bars,
            next: 0,
        }
    }

    /// The first bar at or after t + H whose value is known, if it lies in [t + H, t + H + tolerance]. Rows must be asked
    /// for in rising order, always with the same `known`.
    pub(crate) fn at(&mut self, row: usize, known: impl Fn(usize) -> bool) -> Option<usize> {
        let times = self.bars.times;
        let due = times[row].saturating_add(self.horizon.length.micros());
        while self.next < times.len() && (times[self.next] < due || !known(self.next)) {
            self.next += 1;
        }
        let then = self.next;
        let time = *times.get(then)?;
        let phase_of = |row: usize| self.bars.phases.and_then(|phases| phases[row]);
        let latest = due.saturating_add(self.tolerance([phase_of(row), phase_of(then)]));
        (time <= latest).then_some(then)
    }

    fn tolerance(&self, phases: [Option<i32>; 2]) -> i64 {
        self.horizon.tolerance.map_or_else(
            || {
                let [now, then] = phases.map(|phase| self.horizon.source.bar_interval_of(phase).micros());
                now.max(then).saturating_mul(3) / 2
            },
            Span::micros,
        )
    }
}

/// The bars in (t, t + H] of each row; rows must be asked for in rising order.
pub(crate) struct Within<'a> {
    times: &'a [i64],
    length: i64,
    end: usize,
}

impl<'a> Within<'a> {
    pub(crate) fn new(bars: &Bars<'a>, length: Span) -> Self {
        Self {
            times: bars.times,
            length: length.micros(),
            end: 0,
        }
    }

    pub(crate) fn of(&mut self, row: usize) -> Range<usize> {
        let last = self.times[row].saturating_add(self.length);
        while self.end < self.times.len() && self.times[self.end] <= last {
            self.end += 1;
        }
        row + 1..self.end
    }
}

/// A change as a ratio of what there was.
pub(crate) fn change(now: f64, then: f64) -> f64 {
    (then - now) / now
}

/// Whether a change can be measured from this value.
pub(crate) fn measurable(now: f64) -> bool {
    now > 0.0
}

/// Tells `take` of every row whose change to the horizon is known: the row, the change of the bars' first input as a
/// ratio, and when it was known.
pub(crate) fn changes(bars: &Bars<'_>, horizon: Horizon<'_>, mut take: impl FnMut(usize, f64, i64)) {
    let values = bars.input(0);
    let mut resolver = Resolver::new(horizon, bars);
    for (row, now) in values.iter().copied().enumerate() {
        let then = resolver.at(row, |bar| !values[bar].is_nan());
        if let Some(then) = then.filter(|_| measurable(now)) {
            take(row, change(now, values[then]), bars.times[then]);
        }
    }
}

/// The rows whose horizon reaches `end`: nothing may be said of them.
pub(crate) fn open(times: &[i64], length: Span, end: i64) -> Range<usize> {
    let closed = |time: &i64| time.saturating_add(length.micros()) < end;
    times.partition_point(closed)..times.len()
}
