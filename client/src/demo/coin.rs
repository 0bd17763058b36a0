//! One coin from its launch on.

use super::latent::intervals;
use super::price::{Bar, bars};
use super::trades::{Trades, trades};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Letters of base 58: no 0, O, I, l.
const LETTERS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Intervals made for each row wanted: some have no trade, and no row.
const SPARE: f64 = 1.18;
/// Share of the rows whose close was not recorded.
const NO_CLOSE: f64 = 0.002;
/// Microseconds between two flushes of the writer.
pub(super) const FLUSH: i64 = 5_000_000;

/// A coin and its rows, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Coin {
    pub(super) mint: String,
    /// Microseconds since 1970.
    pub(super) launched: i64,
    pub(super) rows: Vec<Row>,
}

/// One row of `coin_metrics`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Time of the flush that wrote it.
    pub(super) flushed: i64,
    /// Microseconds within the flush.
    pub(super) delay: i64,
    pub(super) phase: i32,
    pub(super) bar: Bar,
    /// `None`: not recorded.
    pub(super) close: Option<f64>,
    pub(super) trades: Trades,
}

/// A coin launched at `launched` (microseconds since 1970) with at most `rows` rows.
pub(super) fn coin(launched: i64, rows: usize, rng: &mut ChaCha8Rng) -> Coin {
    let mint = mint(rng);
    let intervals = intervals((rows as f64 * SPARE) as usize + 1, rng);
    let bars = bars(&intervals, rng);
    let all = intervals.iter().zip(bars).map(|(interval, bar)| {
        let row = Row {
            flushed: launched + interval.age * 1_000_000,
            delay: rng.random_range(0..FLUSH),
            phase: interval.phase,
            bar,
            close: (!rng.random_bool(NO_CLOSE)).then_some(bar.close),
            trades: trades(interval, rng),
        };
        rng.random_bool(traded(interval.phase)).then_some(row)
    });
    let rows = all.flatten().take(rows).collect();
    Coin { mint, launched, rows }
}

/// Share of the intervals of a phase in which somebody trades.
fn traded(phase: i32) -> f64 {
    match phase {
        1 => 0.95,
        2 => 0.88,
        _ => 0.82,
    }
}

fn mint(rng: &mut ChaCha8Rng) -> String {
    let mut mint: String = (0..40)
        .map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]))
        .collect();
    mint.push_str("pump");
    mint
}

impl Coin {
    /// True when its developer sold it off.
    pub(super) fn was_sold_off(&self) -> bool {
        self.rows.iter().any(|row| row.bar.dev_sold > 0.0)
    }

    /// Its highest price and when that was.
    pub(super) fn all_time_high(&self) -> Option<&Row> {
        self.rows.iter().max_by(|a, b| a.bar.high.total_cmp(&b.bar.high))
    }
}
