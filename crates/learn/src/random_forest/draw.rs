//! A drawn row in one word, and counts of draws in one word: both classes are counted by one addition.

use crate::parting::Row;

/// A training row as one tree sees it: its number in bits 0 to 31, and how often it was drawn in bits 32 to 47 if it is
/// negative, in bits 48 to 63 if it is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Draw(u64);

/// Negative draws in bits 0 to 31, positive ones in bits 32 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally(u64);

/// A word of a histogram that counts negative and positive draws at once.
pub(crate) trait Cell: Copy + Default + std::ops::AddAssign {
    /// The draws of one row.
    fn of(draw: Draw) -> Self;
    /// What was counted.
    fn tally(self) -> Tally;
}

/// Counts up to 2^31 in each half.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wide(u64);

/// Counts up to 65,535 in each half: half the memory, for nodes of so many draws.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Narrow(u32);

impl Draw {
    pub(crate) fn new(row: u32, times: u8, label: u8) -> Self {
        let place = 32 + 16 * u32::from(label);
        Self(u64::from(row) | u64::from(times) << place)
    }

    #[inline]
    pub(crate) fn row(self) -> usize {
        self.0 as u32 as usize
    }
}

impl Row for Draw {
    #[inline]
    fn number(self) -> usize {
        self.row()
    }
}

impl Cell for Wide {
    #[inline]
    fn of(draw: Draw) -> Self {
        Self((draw.0 >> 32) & 0xffff | (draw.0 >> 48) << 32)
    }

    #[inline]
    fn tally(self) -> Tally {
        Tally(self.0)
    }
}

impl Wide {
    /// Adds the count if the condition holds, without a branch.
    #[inline]
    pub(crate) fn add_if(&mut self, condition: bool, count: Self) {
        self.0 += std::hint::select_unpredictable(condition, count.0, 0);
    }
}

impl Cell for Narrow {
    #[inline]
    fn of(draw: Draw) -> Self {
        Self((draw.0 >> 32) as u32)
    }

    #[inline]
    fn tally(self) -> Tally {
        Tally(u64::from(self.0 & 0xffff) | u64::from(self.0 >> 16) << 32)
    }
}

impl std::ops::AddAssign for Wide {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl std::ops::AddAssign for Narrow {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Tally {
    pub(crate) fn draws(self) -> u32 {
        self.negatives() + self.positives()
    }

    #[inline]
    pub(crate) fn positives(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    pub(crate) fn negatives(self) -> u32 {
        self.0 as u32
    }

    pub(crate) fn is_pure(self) -> bool {
        self.positives() == 0 || self.negatives() == 0
    }

    /// Both together.
    #[inline]
    pub(crate) fn and(self, other: Tally) -> Tally {
        Tally(self.0 + other.0)
    }

    /// The rest when `part` is taken out of it.
    #[inline]
    pub(crate) fn without(self, part: Tally) -> Tally {
        Tally(self.0 - part.0)
    }
}

impl std::iter::Sum<Draw> for Tally {
    fn sum<I: Iterator<Item = Draw>>(draws: I) -> Tally {
        draws.fold(Tally::default(), |sum, draw| sum.and(Wide::of(draw).tally()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_keeps_its_row_and_counts_in_both_halves() {
        let (a, b) = (Draw::new(u32::MAX, 255, 1), Draw::new(7, 3, 0));
        assert_eq!((a.row(), b.row()), (u32::MAX as usize, 7));
        let sum: Tally = [a, b].into_iter().sum();
        assert_eq!((sum.draws(), sum.positives(), sum.negatives()), (258, 255, 3));
        assert!(!sum.is_pure() && sum.without(Wide::of(a).tally()).is_pure());
        for draw in [a, b] {
            assert_eq!(Wide::of(draw).tally(), Narrow::of(draw).tally());
        }
    }
}
