//! What a positive and a negative count in a fit.

use mltraining_domain::ClassWeight;

/// Weight of one row of each class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weights {
    pub(crate) negative: f64,
    pub(crate) positive: f64,
}

impl Weights {
    /// The weights that `spec` means for training rows with these sums of row weights, or counts of rows.
    pub(crate) fn of(spec: ClassWeight, positives: f64, negatives: f64) -> Self {
        let rows = positives + negatives;
        match spec {
            ClassWeight::None => Self {
                negative: 1.0,
                positive: 1.0,
            },
            ClassWeight::Positive(weight) => Self {
                negative: 1.0,
                positive: weight,
            },
            ClassWeight::Balanced => Self {
                negative: rows / (2.0 * negatives),
                positive: rows / (2.0 * positives),
            },
        }
    }

    /// The weight of a row of this class.
    pub(crate) fn of_label(&self, label: u8) -> f64 {
        if label == 1 { self.positive } else { self.negative }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_weights_give_both_classes_half_of_the_rows() {
        let w = Weights::of(ClassWeight::Balanced, 10.0, 90.0);
        assert_eq!((w.positive, w.negative), (5.0, 100.0 / 180.0));
    }
}
