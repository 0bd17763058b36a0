//! The price of a coin.

use super::latent::Interval;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal, StandardNormal, StudentT};

/// Price of every coin when it is launched, in SOL.
pub(super) const LAUNCH_PRICE: f64 = 2.8e-8;
/// Drift per second and unit of hype.
const DRIFT: f64 = 0.000_22;
/// Volatility of 5 seconds of a middling coin.
const VOLATILITY: f64 = 0.0075;
/// Share of the coins that their developer sells off.
const SOLD_OFF: f64 = 0.45;

/// Prices of one interval, in SOL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar {
    pub(super) open: f64,
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) close: f64,
    /// What the developer sold in it, in SOL.
    pub(super) dev_sold: f64,
}

/// The bars of a coin: returns have fat tails (Student's t with 5 degrees of freedom, scaled to variance 1), and a drift that
/// the hype of the interval *before* sets, so that the present foretells the future and never the other way round.
pub(super) fn bars(intervals: &[Interval], rng: &mut ChaCha8Rng) -> Vec<Bar> {
    let tails = StudentT::new(5.0).expect("5 degrees of freedom");
    let restlessness: f64 = LogNormal::new(0.0, 0.25)
        .expect("a positive deviation")
        .sample(rng);
    let sale = sale(intervals.len(), rng);
    let mut price = LAUNCH_PRICE;
    let bar = |(place, interval): (usize, &Interval)| {
        let length = interval.seconds as f64;
        let sigma = VOLATILITY * restlessness * (length / 5.0).sqrt();
        let shock: f64 = tails.sample(rng) / (5.0_f64 / 3.0).sqrt();
        let mut change = DRIFT * length * interval.hype_before - 0.5 * sigma * sigma + sigma * shock;
        change -= fall(sale, place, rng);
        let open = price;
        price *= change.exp();
        let mut wick = || -> f64 {
            let size: f64 = StandardNormal.sample(rng);
            (0.6 * size.abs() * sigma).exp()
        };
        let (high, low) = (open.max(price) * wick(), open.min(price) / wick());
        Bar {
            open,
            high,
            low,
            close: price,
            dev_sold: sold(sale, place, rng),
        }
    };
    intervals.iter().enumerate().map(bar).collect()
}

/// The interval in which the developer begins to sell, if he does.
fn sale(intervals: usize, rng: &mut ChaCha8Rng) -> Option<usize> {
    let sells = rng.random_bool(SOLD_OFF);
    let begin = rng.random_range(40..intervals.saturating_sub(20).max(60));
    sells.then_some(begin)
}

/// What he sells in each of three intervals.
fn sold(sale: Option<usize>, place: usize, rng: &mut ChaCha8Rng) -> f64 {
    match sale {
        Some(begin) if (begin..begin + 3).contains(&place) => LogNormal::new(1.0, 0.6)
            .expect("a positive deviation")
            .sample(rng),
        _ => 0.0,
    }
}

/// How the log price then falls, in each of eight intervals from the third on.
fn fall(sale: Option<usize>, place: usize, rng: &mut ChaCha8Rng) -> f64 {
    match sale {
        Some(begin) if (begin + 2..begin + 10).contains(&place) => rng.random_range(0.03..0.12),
        _ => 0.0,
    }
}
