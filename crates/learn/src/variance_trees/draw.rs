//! Rows as one tree sees them, and sums over them.

use crate::parting::Row;

/// A training row that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Draw {
    /// Its number to foresee, times how often it was drawn.
    pub(super) sum: i64,
    pub(super) row: u32,
    pub(super) times: u32,
}

impl Row for Draw {
    #[inline]
    fn number(self) -> usize {
        self.row as usize
    }
}

/// What some draws come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub(super) sum: i64,
    pub(super) draws: u32,
}

impl Draw {
    /// The row's number to foresee.
    pub(super) fn number(self) -> i64 {
        self.sum / i64::from(self.times)
    }
}

impl Sums {
    #[inline]
    pub(super) fn add(&mut self, draw: Draw) {
        self.sum += draw.sum;
        self.draws += draw.times;
    }

    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            draws: self.draws + other.draws,
        }
    }

    /// The rest when `part` is taken out of it.
    #[inline]
    pub(super) fn without(self, part: Self) -> Self {
        Self {
            sum: self.sum - part.sum,
            draws: self.draws - part.draws,
        }
    }

    pub(super) fn mean(self) -> f64 {
        self.sum as f64 / f64::from(self.draws)
    }
}

impl std::iter::Sum<Draw> for Sums {
    fn sum<I: Iterator<Item = Draw>>(draws: I) -> Self {
        let mut sums = Self::default();
        draws.for_each(|draw| sums.add(draw));
        sums
    }
}
