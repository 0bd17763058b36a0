//! The price of SOL in dollars, every five minutes.

use super::START;
use super::market::{Plan, rng};
use rand_distr::{Distribution, Normal};

const STEP: i64 = 300_000_000;
/// The part of the random numbers that no coin has.
const PART: u64 = u64::MAX;
/// Rates go on for a day after the last launch.
const DAY: i64 = 86_400_000_000;

/// Times (microseconds since 1970) and prices: a random walk from 180 dollars.
pub(super) fn rates(plan: &Plan) -> Vec<(i64, f64)> {
    let mut rng = rng(plan.seed, PART);
    let change = Normal::new(0.0, 0.0012).expect("a positive deviation");
    let mut price = 180.0;
    let steps = (plan.span + DAY) / STEP;
    (0..steps)
        .map(|step| {
            price *= f64::exp(change.sample(&mut rng));
            (START + step * STEP, price)
        })
        .collect()
}
