//! Requests that no good client sends, made of the contract that the server tells: the same ones for the same seed.
//!
//! `TEST_FUZZ_SEED` names another seed, `TEST_FUZZ_REQUESTS` how many requests each method gets.

pub mod call;
pub mod contract;
pub mod forged;
pub mod grower;
pub mod odd;
pub mod sample;
pub mod witness;
pub mod world;

/// The seed when none is named.
const SEED: u64 = 20_260_101;
/// Requests for each method when no other number is named: all methods together take less than a minute.
const REQUESTS: usize = 32;

/// The seed of this run.
pub fn seed() -> u64 {
    number("TEST_FUZZ_SEED").unwrap_or(SEED)
}

/// How many requests each method gets in this run.
pub fn requests() -> usize {
    number("TEST_FUZZ_REQUESTS").map_or(REQUESTS, |wish| wish as usize)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}: {text} is no number")),
    )
}
