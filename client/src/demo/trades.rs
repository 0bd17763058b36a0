//! What was traded in an interval.

use super::latent::Interval;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Binomial, Distribution, LogNormal, Normal, Poisson};

/// Trades of one interval; amounts in SOL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trades {
    pub(super) volume: f64,
    pub(super) bought: f64,
    pub(super) sold: f64,
    pub(super) buys: u64,
    pub(super) sells: u64,
    pub(super) micro_trades: u64,
    pub(super) wallets: u64,
    pub(super) largest_buy: f64,
    pub(super) largest_sell: f64,
    pub(super) whales_bought: f64,
    pub(super) whales_sold: f64,
    /// Share of the volume that was bought.
    pub(super) buy_pressure: f64,
    /// Share of the trades with a signer of their own.
    pub(super) signer_ratio: f64,
}

/// Trades that show the hype of their interval: more volume, more buying, more signers.
pub(super) fn trades(interval: &Interval, rng: &mut ChaCha8Rng) -> Trades {
    let activity = 0.15 + (-(interval.age as f64) / 20_000.0).exp();
    let size = LogNormal::new(0.2 + 0.35 * interval.hype, 1.0).expect("a positive deviation");
    let volume = size.sample(rng) * interval.seconds as f64 / 20.0 * activity;
    let noise = Normal::new(0.0, 0.8).expect("a positive deviation").sample(rng);
    let buy_pressure = 1.0 / (1.0 + (-(0.9 * interval.hype + noise)).exp());
    let (bought, sold) = (volume * buy_pressure, volume * (1.0 - buy_pressure));
    let more: f64 = Poisson::new(3.0 + 6.0 * volume)
        .expect("a positive mean")
        .sample(rng);
    let count = 1 + more as u64;
    let buys = part_of(count, buy_pressure.clamp(0.02, 0.98), rng);
    let signers: f64 = Beta::new(5.0, 4.0).expect("positive shapes").sample(rng);
    let signer_ratio = (signers + 0.06 * interval.hype).clamp(1.0 / count as f64, 1.0);
    Trades {
        volume,
        bought,
        sold,
        buys,
        sells: count - buys,
        micro_trades: part_of(count, 0.3, rng),
        wallets: ((signer_ratio * count as f64) as u64).max(1),
        largest_buy: bought * rng.random_range(0.2..0.9),
        largest_sell: sold * rng.random_range(0.2..0.9),
        whales_bought: whales(bought, 0.25, rng),
        whales_sold: whales(sold, 0.20, rng),
        buy_pressure,
        signer_ratio,
    }
}

fn part_of(count: u64, share: f64, rng: &mut ChaCha8Rng) -> u64 {
    Binomial::new(count, share)
        .expect("a share from 0 to 1")
        .sample(rng)
}

/// What large buyers or sellers have of an amount; mostly there are none.
fn whales(amount: f64, chance: f64, rng: &mut ChaCha8Rng) -> f64 {
    let part: f64 = rng.random_range(0.2..0.8);
    if rng.random_bool(chance) {
        amount * part
    } else {
        0.0
    }
}
