//! A drawn row in one word, and counts of draws in one word: both classes are counted by one addition.

/// A training row as one tree sees it: its number in bits 0 to 31, how often it was drawn in bits 32 to 39, and the same
/// number again in bits 40 to 47 when it is positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Draw(u64);

/// Draws in bits 0 to 31, positive ones in bits 32 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally(pub(super) u64);

impl Draw {
    pub(super) fn new(row: u32, times: u8, label: u8) -> Self {
        let (times, label) = (u64::from(times), u64::from(label));
        Self(u64::from(row) | times << 32 | (times * label) << 40)
    }

    #[inline]
    pub(super) fn row(self) -> usize {
        self.0 as u32 as usize
    }

    #[inline]
    pub(super) fn tally(self) -> Tally {
        Tally((self.0 >> 32) & 0xff | (self.0 >> 40) << 32)
    }
}

impl Tally {
    #[inline]
    pub(super) fn draws(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(super) fn positives(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn negatives(self) -> u32 {
        self.draws() - self.positives()
    }

    pub(super) fn is_pure(self) -> bool {
        self.positives() == 0 || self.negatives() == 0
    }

    /// The rest when `part` is taken out of it.
    pub(super) fn without(self, part: Tally) -> Tally {
        Tally(self.0 - part.0)
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        Tally(tallies.map(|tally| tally.0).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_keeps_its_row_and_counts_in_both_halves() {
        let (a, b) = (Draw::new(u32::MAX, 255, 1), Draw::new(7, 3, 0));
        assert_eq!((a.row(), b.row()), (u32::MAX as usize, 7));
        let sum: Tally = [a, b].iter().map(|d| d.tally()).sum();
        assert_eq!((sum.draws(), sum.positives(), sum.negatives()), (258, 255, 3));
        assert!(b.tally().is_pure() && a.tally().is_pure() && !sum.is_pure());
    }
}
