//! The numbers of a ledger.

use super::{Ledger, Trade};
use crate::bootstrap::{self, Resampling};
use crate::control::Control;
use crate::fit::FitError;
use mltraining_domain::{PeriodTrading, Trading};

/// Basis points of a ratio.
const BPS: f64 = 10_000.0;

/// How an interval is drawn, and stopped.
#[derive(Clone, Copy)]
pub struct Sure<'a> {
    /// Blocks are of decision times.
    pub resampling: Resampling,
    /// Stops it.
    pub control: &'a Control<'a>,
}

/// What the trades of a ledger brought.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
pub fn measure(ledger: &Ledger, sure: Sure<'_>) -> Result<Trading, FitError> {
    let trades = &ledger.trades;
    let net: Vec<f64> = trades.iter().map(|trade| trade.net * BPS).collect();
    let times: Vec<i64> = trades.iter().map(|trade| trade.decision).collect();
    let (interval, p_value) = bootstrap::interval_of_mean(&net, &times, sure.resampling, sure.control)?;
    let count = trades.len() as f64;
    let of_trades = |sum: f64| (!trades.is_empty()).then(|| sum / count);
    let (gross_bps, net_bps) = (
        sum(trades.iter().map(|trade| trade.gross * BPS)),
        sum(net.iter().copied()),
    );
    let gains = sum(net.iter().copied().filter(|net| *net > 0.0));
    let losses = sum(net.iter().copied().filter(|net| *net < 0.0));
    Ok(Trading {
        rows: ledger.rows,
        signals: ledger.signals,
        skipped: ledger.skipped,
        unfilled_entry: ledger.unfilled_entry,
        unfilled_exit: ledger.unfilled_exit,
        trades: trades.len() as u64,
        hit_rate: of_trades(trades.iter().filter(|trade| trade.net > 0.0).count() as f64),
        mean_gross_bps: of_trades(gross_bps),
        mean_net_bps: of_trades(net_bps),
        mean_net_interval: interval,
        p_value,
        gross_bps,
        net_bps,
        profit_factor: (losses < 0.0).then(|| gains / -losses),
        max_drawdown_bps: max_drawdown(trades) * BPS,
        longest_loss_streak: longest_loss_streak(trades),
    })
}

/// Of no value 0, and never -0, which a sum of none begins with.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

/// What the trades decided in each period brought; `ends` are the ends of the periods, rising. Trades after the last are left out.
pub fn in_periods(ledger: &Ledger, ends: &[i64]) -> Vec<PeriodTrading> {
    let mut periods = vec![PeriodTrading::default(); ends.len()];
    for trade in &ledger.trades {
        let place = ends.partition_point(|end| *end <= trade.decision);
        if let Some(period) = periods.get_mut(place) {
            period.trades += 1;
            period.hits += u64::from(trade.net > 0.0);
            period.net_bps += trade.net * BPS;
        }
    }
    periods
}

/// Trades in the order in which they end; of those that end together in the order of their rows.
fn by_exit(trades: &[Trade]) -> Vec<&Trade> {
    let mut sorted: Vec<&Trade> = trades.iter().collect();
    sorted.sort_by_key(|trade| trade.exit);
    sorted
}

/// The deepest fall of the summed returns below what they had reached, which is 0 before the first. Trades that end at one time count
/// together.
fn max_drawdown(trades: &[Trade]) -> f64 {
    let (mut equity, mut peak, mut deepest) = (0.0_f64, 0.0_f64, 0.0_f64);
    for together in by_exit(trades).chunk_by(|a, b| a.exit == b.exit) {
        equity += sum(together.iter().map(|trade| trade.net));
        peak = peak.max(equity);
        deepest = deepest.max(peak - equity);
    }
    deepest
}

fn longest_loss_streak(trades: &[Trade]) -> u64 {
    let (mut longest, mut streak) = (0, 0);
    for trade in by_exit(trades) {
        streak = if trade.net < 0.0 { streak + 1 } else { 0 };
        longest = longest.max(streak);
    }
    longest
}
