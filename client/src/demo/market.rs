//! All the coins of a demonstration.

use super::START;
use super::coin::{Coin, FLUSH, coin};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Coins that live only for a few rows; a service that learns only from survivors would not see them.
pub(crate) const SHORT_LIVED: usize = 20;

/// What a demonstration is made of. Equal plans make equal rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plan {
    /// Coins that live long; [`SHORT_LIVED`] others come on top.
    pub(crate) coins: usize,
    /// Most rows of a coin.
    pub(crate) rows: usize,
    /// Microseconds over which launches are spread.
    pub(crate) span: i64,
    /// Seed of every random choice.
    pub(crate) seed: u64,
    /// Times of rows.
    pub(crate) stamps: Stamps,
}

/// When a row says that it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamps {
    /// At a microsecond of its own.
    Unique,
    /// With all others of its flush, as the real writer does.
    Batch,
}

/// The coins of a plan, one after another.
pub(crate) struct Market {
    plan: Plan,
    next: usize,
}

impl Market {
    /// The market of a plan.
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan, next: 0 }
    }

    /// How many coins there are.
    pub(crate) fn coins(&self) -> usize {
        self.plan.coins + SHORT_LIVED
    }
}

impl Iterator for Market {
    type Item = Coin;

    fn next(&mut self) -> Option<Coin> {
        if self.next == self.coins() {
            return None;
        }
        let mut rng = rng(self.plan.seed, self.next as u64);
        let rows = match self.next < self.plan.coins {
            true => self.plan.rows,
            false => rng.random_range(8..28),
        };
        let launched = START + rng.random_range(0..=self.plan.span / FLUSH) * FLUSH;
        self.next += 1;
        Some(coin(launched, rows, &mut rng))
    }
}

/// Random numbers of their own for each part, so that more coins do not change the ones that were there.
pub(super) fn rng(seed: u64, part: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(part);
    rng
}
