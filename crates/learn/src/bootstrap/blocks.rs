//! Time cut into blocks, all entities together.

/// No more blocks than this; longer blocks are the careful side.
pub(super) const MOST: usize = 250;

/// Which block of time each row lies in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocks {
    /// Length of a block, in the unit of the times.
    pub(super) length: i64,
    /// Blocks that hold a row.
    pub(super) count: usize,
    /// The block of each row, below `count`, in the order of the rows.
    pub(super) of_rows: Vec<u16>,
}

impl Blocks {
    /// Cuts the time from the first row on into blocks of `least`, or of the smallest multiple of it of which there are at
    /// most 250. A rest shorter than half a block joins the last one. Blocks without a row do not count.
    pub(super) fn of(times: &[i64], least: i64) -> Self {
        let first = times.iter().copied().min().unwrap_or_default();
        let last = times.iter().copied().max().unwrap_or_default();
        let whole = |length: i64| ((last - first + length / 2) / length).max(1);
        let length = least * ((whole(least) as usize).div_ceil(MOST) as i64);
        let end = whole(length) - 1;
        let nth = |time: &i64| ((time - first) / length).min(end) as u16;
        let nth: Vec<u16> = times.iter().map(nth).collect();
        let (count, of_rows) = renumbered(&nth);
        Self {
            length,
            count,
            of_rows,
        }
    }
}

/// Numbers without gaps in the order of the old ones, and how many there are.
pub(super) fn renumbered(old: &[u16]) -> (usize, Vec<u16>) {
    let names = names(old);
    let number = |name: &u16| {
        names
            .binary_search(name)
            .expect("each name is in the list of all") as u16
    };
    (names.len(), old.iter().map(number).collect())
}

/// Every number once, rising.
pub(super) fn names(numbers: &[u16]) -> Vec<u16> {
    let mut seen = vec![false; usize::from(u16::MAX) + 1];
    for &number in numbers {
        seen[usize::from(number)] = true;
    }
    (0..=u16::MAX)
        .filter(|&number| seen[usize::from(number)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_begin_with_the_first_row_and_empty_ones_do_not_count() {
        let blocks = Blocks::of(&[1_005, 1_000, 1_009, 1_010, 1_059], 10);
        assert_eq!((blocks.length, blocks.count), (10, 3));
        assert_eq!(blocks.of_rows, [0, 0, 0, 1, 2]);
    }

    #[test]
    fn a_rest_shorter_than_half_a_block_joins_the_last_one() {
        assert_eq!(Blocks::of(&[0, 10, 24], 10).of_rows, [0, 1, 1]);
        assert_eq!(Blocks::of(&[0, 10, 26], 10).of_rows, [0, 1, 2]);
        assert_eq!(Blocks::of(&[0, 3], 10).of_rows, [0, 0]);
    }

    #[test]
    fn many_blocks_become_longer_ones() {
        let times: Vec<i64> = (0..10_000).collect();
        let blocks = Blocks::of(&times, 10);
        assert_eq!((blocks.length, blocks.count), (40, 250));
        assert_eq!(Blocks::of(&times[..2_500], 10).length, 10);
        assert_eq!(Blocks::of(&[], 10).count, 0);
    }
}
