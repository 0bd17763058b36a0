//! What something simple reaches: every report stands beside it.

mod last_label;
mod single;
mod single_line;

use crate::random::Random;
pub use last_label::last_label;
pub use single::{SingleRule, order_by};
pub use single_line::SingleLine;
use std::borrow::Cow;

/// The stream of random numbers of [`shuffled`], which no tree of a forest has.
const SHUFFLE: u64 = u64::MAX;

/// Share of positives among the training rows: the score that knows no feature. NaN without a row.
///
/// `labels` has one entry per matrix row, `rows` are the training rows.
///
/// # Panics
/// When a row lies outside `labels`.
pub fn prevalence(labels: &[u8], rows: &[u32]) -> f64 {
    let positives: u64 = rows.iter().map(|&row| u64::from(labels[row as usize] != 0)).sum();
    positives as f64 / rows.len() as f64
}

/// At most so many of the rows, evenly spaced: all of them when they are no more.
pub fn spread(rows: &[u32], most: usize) -> Cow<'_, [u32]> {
    if rows.len() <= most {
        return Cow::Borrowed(rows);
    }
    let place = |nth: usize| (nth as u128 * rows.len() as u128 / most as u128) as usize;
    Cow::Owned((0..most).map(|nth| rows[place(nth)]).collect())
}

/// The labels in an order drawn with the seed (Fisher and Yates): each row gets the label of some row, and no feature can
/// tell which.
pub fn shuffled<T: Copy>(labels: &[T], seed: u64) -> Vec<T> {
    let mut random = Random::of(seed, SHUFFLE);
    let mut labels = labels.to_vec();
    random.shuffle(&mut labels);
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffled_labels_are_the_same_labels_elsewhere() {
        let labels: Vec<u8> = (0..1000).map(|row| u8::from(row < 300)).collect();
        let found = shuffled(&labels, 7);
        assert_eq!(found.iter().filter(|label| **label == 1).count(), 300);
        let stayed = found[..300].iter().filter(|label| **label == 1).count();
        assert!((60..120).contains(&stayed), "about 30 % of the places: {stayed}");
        assert_eq!(found, shuffled(&labels, 7));
        assert_ne!(found, shuffled(&labels, 8));
        assert!(shuffled::<u8>(&[], 7).is_empty());
    }

    #[test]
    fn rows_are_spread_evenly_and_never_twice() {
        let rows: Vec<u32> = (100..110).collect();
        assert_eq!(*spread(&rows, 10), rows);
        assert_eq!(*spread(&rows, 5), [100, 102, 104, 106, 108]);
        assert_eq!(*spread(&rows, 9), [100, 101, 102, 103, 104, 105, 106, 107, 108]);
        assert!(spread(&rows, 0).is_empty());
    }

    #[test]
    fn prevalence_looks_at_the_training_rows_alone() {
        let labels = [1, 1, 0, 0, 0, 1];
        assert_eq!(prevalence(&labels, &[1, 2, 3, 4]), 0.25);
        assert!(prevalence(&labels, &[]).is_nan());
    }
}
