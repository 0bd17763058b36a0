//! Signals that nobody chose.

use crate::random::Random;

/// The stream of these draws; those of trees and of blocks have others.
const STREAM: u64 = 1 << 62;

/// For each of `rows` rows whether it is a signal, drawn so that about `signals` of them are, the same for the same seed.
pub fn drawn(rows: u64, signals: u64, seed: u64) -> Vec<bool> {
    let share = signals as f64 / rows.max(1) as f64;
    let mut random = Random::of(seed, STREAM);
    (0..rows).map(|_| random.unit() < share).collect()
}
