//! Rows of a demonstration as lines of CSV, in the order of their tables' columns.

use super::coin::{Coin, Row};
use super::market::{Plan, Stamps};
use super::price::LAUNCH_PRICE;
use super::tables::LIFE;
use super::{rates, stamp};

/// Coins of a mint.
const SUPPLY: f64 = 1e9;
/// Market cap in SOL from which a coin is king of the hill.
const KING: f64 = 30_000.0;
/// Phases of coins that are finished, and of those that went on to an exchange.
const FINISHED: i32 = 99;
const GRADUATED: i32 = 100;
/// Share of the bonding curve, in percent, at which a coin graduates.
const WHOLE_CURVE: f64 = 99.0;

impl Row {
    /// When the row says that it was written, in microseconds since 1970.
    pub(super) fn time(&self, stamps: Stamps) -> i64 {
        match stamps {
            Stamps::Unique => self.flushed + self.delay,
            Stamps::Batch => self.flushed,
        }
    }

    fn curve(&self) -> f64 {
        (self.bar.close * SUPPLY / 28.0 * 35.0).clamp(0.0, WHOLE_CURVE)
    }
}

/// The rows of a coin for `coin_metrics`.
pub(crate) fn metric_lines(coin: &Coin, stamps: Stamps) -> Vec<String> {
    coin.rows
        .iter()
        .map(|row| metric_line(&coin.mint, row, stamps))
        .collect()
}

fn metric_line(mint: &str, row: &Row, stamps: Stamps) -> String {
    let (bar, trades) = (&row.bar, &row.trades);
    let close = row.close.map(|close| format!("{close:.18}")).unwrap_or_default();
    let prices = format!("{:.18},{:.18},{:.18},{close}", bar.open, bar.high, bar.low);
    let (cap, reserves) = (bar.close * SUPPLY, 30.0 * (bar.close / LAUNCH_PRICE).sqrt());
    let state = format!("{cap:.2},{:.4},{reserves:.6},{}", row.curve(), cap > KING);
    let volumes = format!("{:.6},{:.6},{:.6}", trades.volume, trades.bought, trades.sold);
    let counts = format!(
        "{},{},{},{}",
        trades.buys, trades.sells, trades.wallets, trades.micro_trades
    );
    let largest = format!(
        "{:.6},{:.6},{:.6}",
        bar.dev_sold, trades.largest_buy, trades.largest_sell
    );
    let swing = (bar.high - bar.low) / bar.open * 100.0;
    let size = trades.volume / (trades.buys + trades.sells) as f64;
    let flow = format!("{:.6},{swing:.4},{size:.6}", trades.bought - trades.sold);
    let (buyers, sellers) = (
        u8::from(trades.whales_bought > 0.0),
        u8::from(trades.whales_sold > 0.0),
    );
    let whales = format!(
        "{:.6},{:.6},{buyers},{sellers}",
        trades.whales_bought, trades.whales_sold
    );
    let ratios = format!("{:.6},{:.6}", trades.buy_pressure, trades.signer_ratio);
    let key = format!("{mint},{},{}", stamp(row.time(stamps)), row.phase);
    [key, prices, state, volumes, counts, largest, flow, whales, ratios].join(",")
}

/// The row of a coin for `coin_streams`; `None` for a coin that was never traded.
pub(crate) fn stream_line(id: usize, coin: &Coin, stamps: Stamps) -> Option<String> {
    let (last, high) = (coin.rows.last()?, coin.all_time_high()?);
    let has_graduated = last.curve() >= WHOLE_CURVE;
    let is_finished = coin.was_sold_off() || last.phase == 1;
    let phase = match (has_graduated, is_finished) {
        (true, _) => GRADUATED,
        (false, true) => FINISHED,
        (false, false) => last.phase,
    };
    let is_active = !has_graduated && !is_finished;
    let (launched, at) = (stamp(coin.launched), stamp(high.time(stamps)));
    Some(format!(
        "{id},{},{phase},{is_active},{has_graduated},{launched},{:e},{at}",
        coin.mint, high.bar.high
    ))
}

/// The rows of `ref_coin_phases`.
pub(crate) fn phase_lines() -> Vec<String> {
    LIFE.iter()
        .map(|(id, name, seconds, from, to)| format!("{id},{name},{seconds},{from},{to}"))
        .collect()
}

/// The rows of `exchange_rates`.
pub(crate) fn rate_lines(plan: &Plan) -> Vec<String> {
    let rates = rates::rates(plan).into_iter().zip(1..);
    rates
        .map(|((at, price), id)| format!("{id},{},{price:.6},0.92,,1,demo", stamp(at)))
        .collect()
}
