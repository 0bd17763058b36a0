//! Parts the rows of a node of a tree: those that go left first, both sides in their order, so that columns are read in
//! ascending order.

use crate::binned::MISSING;
use crate::tree::Side;

/// Rows that are parted at once, at most, where only the rows themselves may be as many as there are.
const AT_ONCE: usize = 1 << 21;

/// A row as a tree sees it.
pub(crate) trait Row: Copy + Default {
    /// Its number.
    fn number(self) -> usize;
}

impl Row for u32 {
    fn number(self) -> usize {
        self as usize
    }
}

/// Which rows go left, by the bins of one feature.
#[derive(Clone, Copy)]
pub(crate) struct Rule<'a> {
    pub(crate) column: &'a [u8],
    pub(crate) cut: u8,
    pub(crate) missing: Side,
}

impl Rule<'_> {
    #[inline]
    fn goes_left(self, row: impl Row) -> bool {
        let bin = self.column[row.number()];
        // No short circuit: which way a row goes cannot be guessed, and a wrong guess costs more than both tests.
        (bin <= self.cut) & (bin != MISSING) | ((bin == MISSING) & (self.missing == Side::Left))
    }

    /// Moves the rows that go left to the front and says how many they are. `right` is scratch of at least as many rows.
    #[inline(never)] // alone, its loop keeps everything in registers
    pub(crate) fn part<R: Row>(self, rows: &mut [R], right: &mut [R]) -> usize {
        let right = &mut right[..rows.len()];
        let (mut lefts, mut rights) = (0, 0);
        for i in 0..rows.len() {
            let row = rows[i];
            let goes_left = self.goes_left(row);
            rows[lefts] = row;
            right[rights] = row;
            lefts += usize::from(goes_left);
            rights += usize::from(!goes_left);
        }
        rows[lefts..].copy_from_slice(&right[..rights]);
        lefts
    }
}

/// Scratch that does not grow with the rows beyond [`AT_ONCE`] of them.
#[derive(Debug, Default)]
pub(crate) struct Parting<R> {
    right: Vec<R>,
}

impl<R: Row> Parting<R> {
    /// Moves the rows that go left to the front and says how many they are.
    pub(crate) fn part(&mut self, rows: &mut [R], rule: Rule<'_>) -> usize {
        self.part_by(AT_ONCE, rows, rule)
    }

    /// Parts halves of what is more than `at_once`, and lets what is in between change places.
    fn part_by(&mut self, at_once: usize, rows: &mut [R], rule: Rule<'_>) -> usize {
        if rows.len() > at_once {
            let middle = rows.len() / 2;
            let (first, second) = rows.split_at_mut(middle);
            let lefts = [
                self.part_by(at_once, first, rule),
                self.part_by(at_once, second, rule),
            ];
            rows[lefts[0]..middle + lefts[1]].rotate_left(middle - lefts[0]);
            return lefts[0] + lefts[1];
        }
        if self.right.len() < rows.len() {
            self.right.reserve_exact(rows.len() - self.right.len());
            self.right.resize(rows.len(), R::default());
        }
        rule.part(rows, &mut self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parted_in_their_order_whatever_the_scratch() {
        for (size, at_once) in [(0, 1), (1, 1), (1000, 1000), (1000, 7), (4096, 1)] {
            let column: Vec<u8> = (0..size)
                .map(|row| ((u64::from(row) * 2_654_435_761) >> 7) as u8)
                .collect();
            for missing in [Side::Left, Side::Right] {
                let rule = Rule {
                    column: &column,
                    cut: 90,
                    missing,
                };
                let left = |row: &u32| match column[*row as usize] {
                    MISSING => missing == Side::Left,
                    bin => bin <= 90,
                };
                let (mut rows, mut parting): (Vec<u32>, _) = ((0..size).collect(), Parting::default());
                let (lefts, rights): (Vec<u32>, Vec<u32>) = (0..size).partition(left);
                assert_eq!(parting.part_by(at_once, &mut rows, rule), lefts.len());
                assert_eq!(rows, [lefts, rights].concat(), "{size} rows, {at_once} at once");
                assert!(parting.right.len() <= at_once);
            }
        }
    }
}
