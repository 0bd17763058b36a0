//! Parting a node's rows, many of them in parallel.

use crate::parting::Rule;
use rayon::prelude::*;

/// Rows of one piece of work.
const PART: usize = 65_536;

/// Moves the rows that go left to the front and says how many they are. Both sides keep their order. `other` is scratch of
/// as many rows.
pub(super) fn part(rule: Rule<'_>, rows: &mut [u32], other: &mut [u32]) -> usize {
    if rows.len() <= PART {
        return rule.part(rows, other);
    }
    let lefts: Vec<usize> = rows
        .par_chunks_mut(PART)
        .zip(other.par_chunks_mut(PART))
        .map(|(rows, other)| rule.part(rows, other))
        .collect();
    other
        .par_chunks_mut(PART)
        .zip(rows.par_chunks(PART))
        .for_each(|(to, from)| to.copy_from_slice(from));
    let total = lefts.iter().sum();
    let (mut left, mut right) = rows.split_at_mut(total);
    let mut moves = Vec::with_capacity(2 * lefts.len());
    for (from, lefts) in other.chunks(PART).zip(lefts) {
        let (from_left, from_right) = from.split_at(lefts);
        let (to_left, later) = left.split_at_mut(from_left.len());
        left = later;
        let (to_right, later) = right.split_at_mut(from_right.len());
        right = later;
        moves.extend([(to_left, from_left), (to_right, from_right)]);
    }
    moves
        .into_par_iter()
        .for_each(|(to, from)| to.copy_from_slice(from));
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binned::MISSING;
    use crate::tree::Side;

    #[test]
    fn rows_are_parted_in_their_order_in_one_piece_and_in_many() {
        for size in [0u32, 1, 1000, 200_000] {
            let column: Vec<u8> = (0..size)
                .map(|row| ((u64::from(row) * 2_654_435_761) >> 7) as u8)
                .collect();
            for missing in [Side::Left, Side::Right] {
                let rule = Rule {
                    column: &column,
                    cut: 90,
                    missing,
                };
                let mut rows: Vec<u32> = (0..size).collect();
                let mut other = vec![0; size as usize];
                let left = |row: &u32| match column[*row as usize] {
                    MISSING => missing == Side::Left,
                    bin => bin <= 90,
                };
                let (lefts, rights): (Vec<u32>, Vec<u32>) = (0..size).partition(left);
                assert_eq!(part(rule, &mut rows, &mut other), lefts.len());
                assert_eq!(rows, [lefts, rights].concat());
            }
        }
    }
}
