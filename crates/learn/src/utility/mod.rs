//! What acting on scores would have brought: one unit of capital for each position, one position at a time for each entity, costs on
//! both sides.
//!
//! What the trades do to prices, how much capital there is, and what borrowing costs for a fall, is not modelled: each signal is
//! filled whole, however many come at once.

mod measure;
mod signals;

pub use measure::{Sure, in_periods, measure};
use mltraining_domain::{RoundTrip, Side, TradingCosts};
pub use signals::drawn;

/// A row that could be acted on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opportunity {
    /// Number of its entity. Rows of one entity stand together, in order of time.
    pub entity: u32,
    /// Decision time, microseconds since 1970-01-01 UTC.
    pub decision: i64,
    /// What a position would have brought.
    pub trip: RoundTrip,
}

/// A position that was opened and closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Place of its row among the opportunities.
    pub row: usize,
    /// When it was decided.
    pub decision: i64,
    /// When it was opened.
    pub entry: i64,
    /// When it was closed.
    pub exit: i64,
    /// Return before costs, as a ratio of the unit.
    pub gross: f64,
    /// Return after costs, as a ratio of the unit.
    pub net: f64,
}

/// All that came of some signals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// The trades, in the order of the rows.
    pub trades: Vec<Trade>,
    /// Rows.
    pub rows: u64,
    /// Signals.
    pub signals: u64,
    /// Signals while the entity had a position open.
    pub skipped: u64,
    /// Signals that found no entry.
    pub unfilled_entry: u64,
    /// Signals that would have had no exit.
    pub unfilled_exit: u64,
}

/// Acts on the rows that `is_signal` picks by their places. A signal at the bar at which a position is closed may open the next one:
/// that is entered later. One that cannot be filled opens nothing.
pub fn trade(
    rows: &[Opportunity],
    side: Side,
    costs: TradingCosts,
    is_signal: impl Fn(usize) -> bool,
) -> Ledger {
    let mut ledger = Ledger {
        rows: rows.len() as u64,
        ..Ledger::default()
    };
    let mut open: Option<(u32, i64)> = None;
    for (place, row) in rows.iter().enumerate().filter(|(place, _)| is_signal(*place)) {
        ledger.signals += 1;
        if open.is_some_and(|(entity, exit)| entity == row.entity && row.decision < exit) {
            ledger.skipped += 1;
            continue;
        }
        match row.trip {
            RoundTrip::NoEntry => ledger.unfilled_entry += 1,
            RoundTrip::NoExit => ledger.unfilled_exit += 1,
            RoundTrip::Done { entry, exit, ratio } => {
                open = Some((row.entity, exit));
                let gross = side.gross(ratio);
                ledger.trades.push(Trade {
                    row: place,
                    decision: row.decision,
                    entry,
                    exit,
                    gross,
                    net: gross - costs.per_side() * (1.0 + ratio),
                });
            }
        }
    }
    ledger
}

#[cfg(test)]
mod tests;
