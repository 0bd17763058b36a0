//! A database of coins to try the service on: seeded, and with the traps of a real one.
//!
//! Each coin is a geometric Brownian price with a hidden state of hype. Hype drives the next interval's drift and shows in this
//! interval's buy pressure, volume and signers: a signal that is real, causal, and per coin. Some coins are sold off by
//! their developer and collapse. Intervals without a trade have no row, a few closes are NULL, and with batch stamps all
//! coins written by one flush share a time.

mod coin;
mod latent;
mod lines;
mod market;
mod price;
mod rates;
mod source;
mod tables;
mod trades;

pub(crate) use coin::Coin;
pub(crate) use lines::{metric_lines, phase_lines, rate_lines, stream_line};
pub(crate) use market::{Market, Plan, Stamps};
pub(crate) use source::{RATES, rates_source, source};
pub(crate) use tables::{coin_metrics, coin_streams, exchange_rates, ref_coin_phases};

use chrono::{DateTime, Utc};

/// The first instant of every demonstration, 2025-12-20 00:00 UTC, in microseconds since 1970.
pub(crate) const START: i64 = 1_766_188_800_000_000;

/// The instant as Postgres reads it.
fn stamp(micros: i64) -> String {
    let instant = DateTime::<Utc>::from_timestamp_micros(micros).expect("demonstrations lie near 2025");
    instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests;
