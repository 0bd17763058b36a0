//! What the highest scores hold.

use super::ranking::{Counts, Tied};
use mltraining_domain::TopRows;

/// The shares of all rows that are looked at.
const SHARES: [f64; 4] = [0.001, 0.01, 0.05, 0.1];

/// Precision, recall and lift at k, k being each share of the rows, rounded up. Of rows that share the score at the border
/// each counts by the chance to be among the k if they were drawn (McSherry and Najork 2008, "Computing information retrieval
/// performance measures efficiently in the presence of tied scores"), so that the order of rows does not matter.
pub(super) fn rows(ranked: &[Tied]) -> Vec<TopRows> {
    let all = ranked
        .iter()
        .fold(Counts::default(), |sum, tied| sum.and(tied.counts));
    SHARES.iter().map(|&share| at(ranked, all, share)).collect()
}

fn at(ranked: &[Tied], all: Counts, share: f64) -> TopRows {
    let count = all.positives + all.negatives;
    let k = ((share * count as f64).ceil() as u64).clamp(1, count.max(1));
    let (mut left, mut hits) = (k, 0.0);
    for Tied { counts, .. } in ranked {
        let tied = counts.positives + counts.negatives;
        let taken = tied.min(left);
        hits += counts.positives as f64 * (taken as f64 / tied as f64);
        left -= taken;
        if left == 0 {
            break;
        }
    }
    let precision = hits / k as f64;
    let known = all.positives > 0;
    TopRows {
        share,
        rows: k,
        precision,
        recall: known.then(|| hits / all.positives as f64),
        lift: known.then(|| precision * count as f64 / all.positives as f64),
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::{Cut, measure, tests::generated};

    #[test]
    fn the_rows_with_the_highest_scores_are_counted() {
        // 20 rows, the best three: yes, no, yes.
        let labels: Vec<u8> = (0..20)
            .map(|row| u8::from([0, 2, 10, 19].contains(&row)))
            .collect();
        let scores: Vec<f64> = (0..20).map(|row| 1.0 - f64::from(row) / 20.0).collect();
        let top = measure(&labels, &scores, Cut::None).top;
        let rows: Vec<u64> = top.iter().map(|top| top.rows).collect();
        assert_eq!(rows, [1, 1, 1, 2]);
        assert_eq!(
            (top[2].precision, top[2].recall, top[2].lift),
            (1.0, Some(0.25), Some(5.0))
        );
        assert_eq!(
            (top[3].precision, top[3].recall, top[3].lift),
            (0.5, Some(0.25), Some(2.5))
        );
    }

    #[test]
    fn rows_tied_at_the_border_count_by_their_chance_to_be_taken() {
        // All 40 rows have one score: whatever is taken holds the share of all.
        let labels: Vec<u8> = (0..40).map(|row| u8::from(row % 4 == 0)).collect();
        for top in measure(&labels, &[0.5; 40], Cut::None).top {
            assert!((top.precision - 0.25).abs() < 1e-15 && (top.lift.unwrap() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn without_a_positive_recall_and_lift_are_undefined() {
        let top = measure(&[0, 0, 0], &[0.1, 0.2, 0.3], Cut::None).top;
        assert!(
            top.iter()
                .all(|top| (top.precision, top.recall, top.lift) == (0.0, None, None))
        );
        assert!(measure(&[], &[], Cut::None).top.is_empty());
    }

    /// Computed apart from the definition on the rows of case G: those above the border, and of those on it their share.
    #[test]
    fn the_highest_scores_of_the_generated_rows_hold_what_the_definition_says() {
        let (labels, scores) = generated();
        let top = measure(&labels, &scores, Cut::None).top;
        let found: Vec<(u64, f64)> = top.iter().map(|top| (top.rows, top.precision)).collect();
        for ((rows, precision), (k, expected)) in found.into_iter().zip(DEFINED) {
            assert_eq!(rows, k);
            assert!((precision - expected).abs() < 1e-12, "{k}: {precision:.13}");
        }
    }

    const DEFINED: [(u64, f64); 4] = [
        (2, 0.714_285_714_286),
        (20, 0.685_000_000_000),
        (100, 0.658_461_538_462),
        (200, 0.558_888_888_889),
    ];
}
