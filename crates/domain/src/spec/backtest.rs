//! A job that walks forward through time: it trains again and again on what was known, and acts on what comes next.

use super::Checked;
use super::split::MAX_EMBARGO;
use crate::{ModelId, Side, Span, TimeRange, TrainSpec, Violations};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// No walk has more periods: each is a training.
pub const MOST_PERIODS: u64 = 200;
/// No fee and no slippage is larger: a tenth of what is traded.
pub const MOST_BASIS_POINTS: f64 = 1000.0;

/// A walk. It is stored with the [spec version](super::train::SPEC_VERSION) of the training that it holds: a worker that reads the
/// one reads the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestSpec {
    /// How each period's model is trained. Its range is that of all rows, from the first training part to the end of the last
    /// period; of its split only the embargo counts. Where no version is named its model is a stand-in.
    pub train: TrainSpec,
    /// The version of that model whose spec was taken; `None` when the request had one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// Decision times that are tested, `[start, end)`.
    pub range: TimeRange,
    /// Length of a period; the last may be shorter.
    pub step: Span,
    /// Length of the training part before each period; `None`: all from the start of the training's range on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// What each trade costs.
    pub costs: TradingCosts,
}

/// What a trade costs: each of the two is paid at the entry and again at the exit, on the value that is traded there.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TradingCosts {
    /// Fee in basis points.
    pub fee_bps: f64,
    /// How much worse than the bar's price a trade is filled, in basis points.
    pub slippage_bps: f64,
}

impl TradingCosts {
    /// Both, as a ratio of the value that is traded on one side.
    pub fn per_side(self) -> f64 {
        (self.fee_bps + self.slippage_bps) / 10_000.0
    }
}

/// Whether a field of a training's spec says what a walk says in fields of its own.
pub fn is_of_walk(field: &str) -> bool {
    let own = ["spec.range", "spec.split"];
    own.iter().any(|part| field.starts_with(part))
}

impl BacktestSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it. The fields are those of the
    /// request; what is wrong with the training has the fields of a training's spec.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let found = self.violations();
        found.into_result(self).map(Checked::new)
    }

    /// Everything that is wrong with it.
    pub fn violations(&self) -> Violations {
        let mut found = self.train.violations();
        // The walk says these in fields of its own.
        found.retain(|violation| !is_of_walk(&violation.field));
        found.extend(self.violations_of_walk());
        found
    }

    /// What is wrong with the walk itself.
    pub fn violations_of_walk(&self) -> Violations {
        let mut found = self.range.check("range");
        found.require(Side::of(&self.train.label).is_some(), "spec.label", || {
            format!(
                "{} says nothing of a change of price, so that no position follows from it; take change_at_horizon, \
                 extreme_within_horizon or triple_barrier",
                self.train.label.name()
            )
        });
        found.require(!self.step.is_zero(), "step", || "must be above 0".to_owned());
        let periods = self.period_count();
        found.require(periods <= MOST_PERIODS, "step", || {
            format!("{periods} periods, each of which is a training; at most {MOST_PERIODS} are taken: let the step be longer, or \
                     the range shorter")
        });
        found.require(
            self.window.is_none_or(|window| !window.is_zero()),
            "window",
            || "must be above 0".to_owned(),
        );
        found.require(self.train.range.start < self.range.start, "train_start", || {
            let (start, first) = (self.train.range.start.to_rfc3339(), self.range.start.to_rfc3339());
            format!("{start} leaves nothing to train on before the first period, which starts at {first}")
        });
        found.require(self.embargo() <= MAX_EMBARGO, "embargo", || {
            "longer than 366 days".to_owned()
        });
        self.check_costs(&mut found);
        found
    }

    fn check_costs(&self, found: &mut Violations) {
        let costs = self.costs;
        for (field, value) in [
            ("costs.fee_bps", costs.fee_bps),
            ("costs.slippage_bps", costs.slippage_bps),
        ] {
            found.require((0.0..=MOST_BASIS_POINTS).contains(&value), field, || {
                format!("{value} basis points; give 0 to {MOST_BASIS_POINTS}")
            });
        }
    }

    /// Time kept free between the last resolve in training and a period.
    pub fn embargo(&self) -> Span {
        self.train.split.embargo()
    }

    /// How many periods there are; 0 for a range or step that is none.
    pub fn period_count(&self) -> u64 {
        let (length, step) = (
            self.range.end_micros() - self.range.start_micros(),
            self.step.micros(),
        );
        if step <= 0 || length <= 0 {
            return 0;
        }
        (length.unsigned_abs()).div_ceil(step.unsigned_abs())
    }

    /// The periods, in order of time; the last may be shorter than the others.
    pub fn periods(&self) -> Vec<TimeRange> {
        let count = i64::try_from(self.period_count()).unwrap_or(i64::MAX);
        let later = |nth: i64| TimeDelta::microseconds(self.step.micros().saturating_mul(nth));
        let at = |nth| {
            self.range
                .start
                .checked_add_signed(later(nth))
                .unwrap_or(self.range.end)
        };
        (0..count)
            .map(|nth| TimeRange {
                start: at(nth),
                end: at(nth + 1).min(self.range.end),
            })
            .collect()
    }

    /// The first decision time that the model of a period may train on.
    pub fn train_start(&self, period: &TimeRange) -> DateTime<Utc> {
        let first = self.train.range.start;
        let back = |window: Span| TimeDelta::microseconds(window.micros());
        let sliding = self
            .window
            .and_then(|window| period.start.checked_sub_signed(back(window)));
        sliding.map_or(first, |start| start.max(first))
    }

    /// The model version whose spec was taken.
    pub fn of_version(&self) -> Option<(&ModelId, i32)> {
        self.version.map(|version| (&self.train.model, version))
    }

    /// Which way positions gain; a checked spec has one.
    pub fn side(&self) -> Side {
        Side::of(&self.train.label).unwrap_or(Side::Long)
    }
}

#[cfg(test)]
mod tests;
