//! Every choice of k of n blocks.

/// Every choice of `k` of the blocks 0 to n - 1, each rising, in the order of their first differing block.
pub(super) fn combinations(n: usize, k: usize) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut chosen: Vec<usize> = (0..k).collect();
    if k > n {
        return found;
    }
    loop {
        found.push(chosen.clone());
        // The last block that can still move on takes the next place, and those after it follow at once.
        let Some(moving) = (0..k).rev().find(|i| chosen[*i] < n - k + i) else {
            return found;
        };
        let next = chosen[moving] + 1;
        for (place, block) in (moving..k).zip(next..) {
            chosen[place] = block;
        }
    }
}

/// The runs of neighbours among rising blocks, as ranges of blocks.
pub(super) fn runs(blocks: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for block in blocks {
        match found.last_mut() {
            Some(run) if run.end == *block => run.end += 1,
            _ => found.push(*block..block + 1),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_comes_once_in_order() {
        let four_choose_two = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]];
        assert_eq!(combinations(4, 2), four_choose_two);
        assert_eq!(combinations(3, 1), [[0], [1], [2]]);
        assert_eq!(combinations(8, 4).len(), 70);
        assert!(combinations(2, 3).is_empty());
    }

    #[test]
    fn neighbours_make_one_run() {
        assert_eq!(runs(&[0, 1, 3, 5, 6]), [0..2, 3..4, 5..7]);
        assert!(runs(&[]).is_empty());
    }
}
