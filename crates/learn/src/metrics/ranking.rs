//! What depends on the order of the scores alone.

/// Rows by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) positives: u64,
    pub(crate) negatives: u64,
}

/// Rows that share one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tied {
    pub(crate) score: f64,
    pub(crate) counts: Counts,
}

impl Counts {
    pub(crate) fn and(self, other: Counts) -> Counts {
        Counts {
            positives: self.positives + other.positives,
            negatives: self.negatives + other.negatives,
        }
    }
}

/// Rows by distinct score, the highest first. `None` when a score is NaN: such rows have no place.
pub(crate) fn ranked(labels: &[u8], scores: &[f64]) -> Option<Vec<Tied>> {
    if scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut rows: Vec<(f64, bool)> = scores
        .iter()
        .zip(labels)
        .map(|(&s, &label)| (s, label != 0))
        .collect();
    rows.sort_unstable_by(|a, b| b.0.partial_cmp(&a.0).expect("no score is NaN"));
    let tied = rows.chunk_by(|a, b| a.0 == b.0).map(|rows| {
        let positives = rows.iter().filter(|row| row.1).count() as u64;
        let counts = Counts {
            positives,
            negatives: rows.len() as u64 - positives,
        };
        Tied {
            score: rows[0].0,
            counts,
        }
    });
    Some(tied.collect())
}

/// Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half
/// (Mann-Whitney). `None` without both classes.
pub(super) fn roc_auc(ranked: &[Tied]) -> Option<f64> {
    let mut above = Counts::default();
    let mut twice_right = 0u128;
    for Tied { counts, .. } in ranked {
        twice_right += u128::from(counts.negatives) * u128::from(2 * above.positives + counts.positives);
        above = above.and(*counts);
    }
    let pairs = u128::from(above.positives) * u128::from(above.negatives);
    (pairs > 0).then(|| twice_right as f64 / (2 * pairs) as f64)
}

/// Average precision, sum of (R_k - R_{k-1}) P_k over distinct scores (scikit-learn's `average_precision_score`).
/// `None` without a positive.
pub(super) fn average_precision(ranked: &[Tied]) -> Option<f64> {
    let mut above = Counts::default();
    let mut sum = 0.0;
    for Tied { counts, .. } in ranked {
        above = above.and(*counts);
        let precision = above.positives as f64 / (above.positives + above.negatives) as f64;
        sum += counts.positives as f64 * precision;
    }
    (above.positives > 0).then(|| sum / above.positives as f64)
}

/// Kolmogorov and Smirnov's distance of the scores of positives and of negatives (scipy's `ks_2samp`), the largest
/// |TPR - FPR| over all thresholds. `None` without both classes.
pub(super) fn ks(ranked: &[Tied]) -> Option<f64> {
    let all = ranked
        .iter()
        .fold(Counts::default(), |sum, tied| sum.and(tied.counts));
    if all.positives == 0 || all.negatives == 0 {
        return None;
    }
    let mut above = Counts::default();
    let mut largest = 0u128;
    for Tied { counts, .. } in ranked {
        above = above.and(*counts);
        let positives = u128::from(above.positives) * u128::from(all.negatives);
        let negatives = u128::from(above.negatives) * u128::from(all.positives);
        largest = largest.max(positives.abs_diff(negatives));
    }
    Some(largest as f64 / (u128::from(all.positives) * u128::from(all.negatives)) as f64)
}
