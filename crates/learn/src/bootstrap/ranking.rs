//! Rows in the order of their scores, to be counted again and again with other weights.

/// A row in 16 bits: whether it is a positive, whether it is the last of its score, its block above them.
const POSITIVE: u16 = 1;
const LAST_OF_SCORE: u16 = 2;
const BLOCK: u32 = 2;

/// Rows of some blocks, the highest score first. Sorted once; each resample only weighs the blocks anew.
pub(super) struct Ranking {
    rows: Vec<u16>,
    blocks: usize,
}

impl Ranking {
    /// `blocks` has the block of each row, below `count`. `None` when a score is NaN.
    pub(super) fn new(labels: &[u8], scores: &[f64], blocks: &[u16], count: usize) -> Option<Self> {
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let mut order: Vec<(f64, u16)> = scores
            .iter()
            .zip(labels.iter().zip(blocks))
            .map(|(&score, (&label, &block))| (score, block << BLOCK | u16::from(label != 0)))
            .collect();
        order.sort_unstable_by(|a, b| b.0.partial_cmp(&a.0).expect("no score is NaN"));
        let last = |at: usize| order.get(at + 1).is_none_or(|next| next.0 != order[at].0);
        let row = |at: usize| order[at].1 | if last(at) { LAST_OF_SCORE } else { 0 };
        Some(Self {
            rows: (0..order.len()).map(row).collect(),
            blocks: count,
        })
    }

    /// Average precision (step-wise) when each row counts the weight of its block; `None` without a weighed positive.
    pub(super) fn average_precision(&self, weights: &[f64]) -> Option<f64> {
        let (mut positives, mut rows, mut of_score, mut sum) = (0.0, 0.0, 0.0, 0.0);
        for &row in &self.rows {
            let weight = weights[usize::from(row >> BLOCK)];
            rows += weight;
            of_score += weight * f64::from(row & POSITIVE);
            if row & LAST_OF_SCORE != 0 {
                if of_score > 0.0 {
                    positives += of_score;
                    sum += of_score * positives / rows;
                }
                of_score = 0.0;
            }
        }
        (positives > 0.0).then(|| sum / positives)
    }

    /// Counts, once, how the positives of each block stand to the negatives of each other.
    pub(super) fn pairs(&self) -> Pairs {
        let count = self.blocks;
        let mut pairs = Pairs {
            twice_right: vec![0; count * count],
            positives: vec![0; count],
            negatives: vec![0; count],
        };
        let mut of_score = vec![[0u64; 2]; count];
        for rows in self.rows.chunk_by(|row, _| row & LAST_OF_SCORE == 0) {
            for &row in rows {
                of_score[usize::from(row >> BLOCK)][usize::from(row & POSITIVE)] += 1;
            }
            for &row in rows.iter().filter(|row| **row & POSITIVE == 0) {
                pairs.negative(usize::from(row >> BLOCK), &mut of_score);
            }
            for &row in rows {
                let block = usize::from(row >> BLOCK);
                pairs.positives[block] += std::mem::take(&mut of_score[block][1]);
            }
        }
        pairs
    }
}

/// How often a positive of one block has a higher score than a negative of another. ROC AUC of any weights of the blocks
/// follows from it without looking at a row again: the number of pairs in the right order is bilinear in them.
pub(super) struct Pairs {
    /// For each block of negatives the blocks of positives: twice the pairs in the right order, a tie counting once.
    twice_right: Vec<u64>,
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

impl Pairs {
    /// Takes all negatives of `block` that have the score at hand; those of a block are taken at once.
    fn negative(&mut self, block: usize, of_score: &mut [[u64; 2]]) {
        let tied = std::mem::take(&mut of_score[block][0]);
        if tied == 0 {
            return;
        }
        self.negatives[block] += tied;
        let count = self.positives.len();
        let right = &mut self.twice_right[block * count..][..count];
        for (right, (above, same)) in right.iter_mut().zip(self.positives.iter().zip(of_score)) {
            *right += tied * (2 * above + same[1]);
        }
    }

    /// ROC AUC, ties averaged, when each row counts the weight of its block; `None` when a class weighs nothing.
    pub(super) fn roc_auc(&self, weights: &[f64]) -> Option<f64> {
        let weighed = |counts: &[u64]| -> f64 {
            counts
                .iter()
                .zip(weights)
                .map(|(count, w)| *count as f64 * w)
                .sum()
        };
        let pairs = weighed(&self.positives) * weighed(&self.negatives);
        if pairs <= 0.0 {
            return None;
        }
        let rows = self.twice_right.chunks_exact(weights.len());
        let right: f64 = rows
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(right, weight)| weight * weighed(right))
            .sum();
        Some(right / (2.0 * pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Cut, measure};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn weights_count_as_if_the_rows_were_there_so_often(
            rows in proptest::collection::vec((0u8..2, 0u8..9, 0u16..5), 1..80),
            weights in proptest::collection::vec(0u8..4, 5),
        ) {
            let labels: Vec<u8> = rows.iter().map(|row| row.0).collect();
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 9.0).collect();
            let blocks: Vec<u16> = rows.iter().map(|row| row.2).collect();
            let ranking = Ranking::new(&labels, &scores, &blocks, 5).unwrap();
            let counted: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
            let repeated: Vec<usize> = (0..rows.len())
                .flat_map(|row| std::iter::repeat_n(row, usize::from(weights[usize::from(blocks[row])])))
                .collect();
            let (labels, scores): (Vec<u8>, Vec<f64>) =
                repeated.iter().map(|&row| (labels[row], scores[row])).unzip();
            let expected = measure(&labels, &scores, Cut::None);
            let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-12,
                (a, b) => a == b,
            };
            prop_assert!(near(ranking.average_precision(&counted), expected.average_precision));
            prop_assert!(near(ranking.pairs().roc_auc(&counted), expected.roc_auc));
        }
    }

    #[test]
    fn a_score_that_is_no_number_has_no_place() {
        assert!(Ranking::new(&[0, 1], &[0.1, f64::NAN], &[0, 0], 1).is_none());
    }
}
