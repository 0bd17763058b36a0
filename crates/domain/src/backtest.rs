//! What comes of walking forward through time: what the models of all periods are worth, and what acting on them would have brought.

use crate::{
    Baseline, Fold, Interval, Intervals, LabelSpec, Metrics, ModelId, RowCounts, SourceId, Span, TimeRange,
    TradingCosts,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Which way a position gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// By a rise.
    Long,
    /// By a fall.
    Short,
}

/// What would have come of a position that is decided on one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RoundTrip {
    /// Opened and closed again.
    Done {
        /// Time of the bar at which it is opened, microseconds since 1970-01-01 UTC.
        entry: i64,
        /// Time of the bar at which it is closed, later.
        exit: i64,
        /// Price at the exit over that at the entry, at least 0.
        ratio: f64,
    },
    /// Never opened: no bar with a price follows before the horizon.
    NoEntry,
    /// Its end is not known: no bar shows the price at the horizon.
    NoExit,
}

impl Side {
    /// The side that gains when the label comes true; `None` for labels that say nothing of a change of price.
    pub fn of(label: &LabelSpec) -> Option<Self> {
        use crate::Direction::{Down, Up};
        let direction = match label {
            LabelSpec::ChangeAtHorizon(label) => label.direction,
            LabelSpec::ExtremeWithinHorizon(label) => label.direction,
            LabelSpec::TripleBarrier(_) => Up,
            LabelSpec::Threshold(_) | LabelSpec::Column(_) | LabelSpec::ChangeTarget(_) => return None,
        };
        Some(match direction {
            Up => Self::Long,
            Down => Self::Short,
        })
    }

    /// What a position of one unit of capital gains before costs, by the price at its exit over that at its entry.
    pub fn gross(self, ratio: f64) -> f64 {
        match self {
            Self::Long => ratio - 1.0,
            Self::Short => 1.0 - ratio,
        }
    }
}

/// A walk through time, period by period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// The source.
    pub source: SourceId,
    /// The model whose spec was taken; `None` when the request had one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelId>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// Decision times that were tested, `[start, end)`.
    pub range: TimeRange,
    /// Length of a period: so often a model is trained anew.
    pub step: Span,
    /// Length of a training part; `None` when it grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// First decision time that is ever trained on.
    pub train_start: DateTime<Utc>,
    /// Time kept free between the last resolve in training and a period.
    pub embargo: Span,
    /// Only rows recorded before were seen; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_before: Option<DateTime<Utc>>,
    /// What each trade costs.
    pub costs: TradingCosts,
    /// Which way positions gain.
    pub side: Side,
    /// What became of all rows that were read.
    pub rows: RowCounts,
    /// Hex SHA-256 over them.
    pub source_fingerprint: String,
    /// Metrics over the rows of all periods, each scored by its own period's model and judged at its threshold.
    pub overall: Metrics,
    /// Baselines on the same rows.
    pub baselines: Vec<Baseline>,
    /// Mean over the periods that show both classes of the ROC AUC, less that of the best baseline; `None` when there is none.
    pub skill: Option<f64>,
    /// How sure these numbers are, and what follows.
    pub intervals: Intervals,
    /// The periods in order of time; left out where many backtests are listed.
    #[serde(default)]
    pub periods: Vec<BacktestPeriod>,
    /// How many there are.
    pub period_count: u32,
    /// What acting on the scores would have brought.
    pub trading: Trading,
    /// What acting on every row would have brought.
    pub always: Trading,
    /// What acting on rows drawn at random, as often as the model acts, would have brought.
    pub random: Trading,
}

/// One period of a walk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacktestPeriod {
    /// Its decision times, `[start, end)`.
    pub range: TimeRange,
    /// Its model, trained on what was known by then and tested on the labelled rows of the period; `None` without a row to score.
    pub fold: Option<Fold>,
    /// What positions decided in it brought.
    pub trading: PeriodTrading,
    /// The same of acting on every row.
    pub always: PeriodTrading,
}

/// What the positions that were decided in one period brought.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PeriodTrading {
    /// Positions.
    pub trades: u64,
    /// Of them those that gained after costs.
    pub hits: u64,
    /// Sum of their net returns, in basis points of one unit of capital.
    pub net_bps: f64,
}

/// What positions of one unit of capital each, one at a time for each entity, brought. Returns are in basis points of that unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trading {
    /// Rows that could be acted on.
    pub rows: u64,
    /// Of them those that were signals: skipped + unfilled + trades.
    pub signals: u64,
    /// Signals of an entity that had a position open.
    pub skipped: u64,
    /// Signals after which no bar with a price came before the horizon.
    pub unfilled_entry: u64,
    /// Signals whose position would have had no known end.
    pub unfilled_exit: u64,
    /// Positions that were opened and closed.
    pub trades: u64,
    /// Share of them that gained after costs; `None` without a trade.
    pub hit_rate: Option<f64>,
    /// Mean return before costs; `None` without a trade.
    pub mean_gross_bps: Option<f64>,
    /// Mean return after costs; `None` without a trade.
    pub mean_net_bps: Option<f64>,
    /// How sure that is, by blocks of time.
    pub mean_net_interval: Interval,
    /// The chance of a mean so far from 0 if there were none, two-sided; `None` where the interval is unset.
    pub p_value: Option<f64>,
    /// Sum of the returns before costs.
    pub gross_bps: f64,
    /// Sum of the returns after costs.
    pub net_bps: f64,
    /// Sum of the gains over that of the losses, after costs; `None` without a loss.
    pub profit_factor: Option<f64>,
    /// The deepest fall of the summed net returns, by exit time, below what they had reached; 0 when they never fall.
    pub max_drawdown_bps: f64,
    /// Most trades in a row, by exit time, that lost after costs.
    pub longest_loss_streak: u64,
}

#[cfg(test)]
mod tests {
    use super::Side;
    use crate::{ChangeAtHorizon, Direction, LabelSpec, Span};

    #[test]
    fn a_fall_that_is_foreseen_is_sold() {
        let label = |direction| {
            LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
                column: None,
                change: 0.01,
                direction,
                horizon: Span::from_mins(10),
                tolerance: None,
            })
        };
        assert_eq!(Side::of(&label(Direction::Up)), Some(Side::Long));
        assert_eq!(Side::of(&label(Direction::Down)), Some(Side::Short));
        assert_eq!((Side::Long.gross(1.25), Side::Short.gross(1.25)), (0.25, -0.25));
    }
}
