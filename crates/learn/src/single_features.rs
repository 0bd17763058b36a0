//! What single features tell of the label. One that tells nearly all of it is a leak more often than a discovery.

use crate::binned::sort::key;
use crate::matrix::Matrix;
use crate::metrics;
use mltraining_domain::{CorrelatedFeature, SingleFeature};
use rayon::prelude::*;

/// A feature that parts the classes better than this alone, or has a higher rank correlation with a number either way, should be
/// looked at.
pub const ALARM: f64 = 0.95;
/// A feature that parts the classes so well alone is a copy of what tells the label.
pub const NEAR_COPY: f64 = 0.999;
/// With fewer rows of a class, chance parts them.
const ENOUGH: usize = 50;
/// So many rows, evenly spaced, say it well enough.
const LOOKED_AT: usize = 100_000;

/// Every feature that can be measured, in the order of the matrix; `labels` has one entry per row, 0 or 1. Left out are features
/// with fewer than 50 known values in a class. At most 100,000 rows, evenly spaced, are looked at.
///
/// # Panics
/// When `labels` is shorter than the matrix.
pub fn measure(matrix: &Matrix, labels: &[u8]) -> Vec<SingleFeature> {
    let step = labels.len().div_ceil(LOOKED_AT).max(1);
    let features = (0..matrix.features()).into_par_iter();
    let measured = features.filter_map(|j| {
        let column = matrix.column(j);
        let known = (0..labels.len())
            .step_by(step)
            .filter(|row| !column[*row].is_nan());
        let auc = roc_auc(known.map(|row| (column[row], labels[row])))?;
        Some(SingleFeature {
            name: matrix.names()[j].clone(),
            roc_auc: auc.max(1.0 - auc),
        })
    });
    measured.collect()
}

/// The area under the ROC curve of values without NaN, ties averaged, as [`metrics::roc_auc`] of their labels; `None` when a class has too
/// few of them. Values are sorted as whole numbers, with their label in the lowest bit.
fn roc_auc(pairs: impl Iterator<Item = (f32, u8)>) -> Option<f64> {
    // Of the two zeros one is left.
    let mut keys: Vec<u64> = pairs
        .map(|(value, label)| u64::from(key(value + 0.0)) << 1 | u64::from(label))
        .collect();
    keys.sort_unstable();
    let (mut positives, mut negatives, mut twice) = (0_u64, 0_u64, 0_u64);
    for tied in keys.chunk_by(|a, b| a >> 1 == b >> 1) {
        let of_tied = tied.iter().map(|key| key & 1).sum::<u64>();
        let others = tied.len() as u64 - of_tied;
        twice += of_tied * (2 * negatives + others);
        positives += of_tied;
        negatives += others;
    }
    let enough = positives >= ENOUGH as u64 && negatives >= ENOUGH as u64;
    enough.then(|| twice as f64 / 2.0 / (positives as f64 * negatives as f64))
}

/// As [`measure`], of numbers: the rank correlation of every feature with at least 100 known values of which some differ.
///
/// # Panics
/// When `targets` is shorter than the matrix.
pub fn correlate(matrix: &Matrix, targets: &[f32]) -> Vec<CorrelatedFeature> {
    let step = targets.len().div_ceil(LOOKED_AT).max(1);
    let features = (0..matrix.features()).into_par_iter();
    let measured = features.filter_map(|j| {
        let column = matrix.column(j);
        let known = (0..targets.len())
            .step_by(step)
            .filter(|row| !column[*row].is_nan());
        let (targets, values): (Vec<f64>, Vec<f64>) = known
            .map(|row| (f64::from(targets[row]), f64::from(column[row])))
            .unzip();
        if targets.len() < 2 * ENOUGH {
            return None;
        }
        Some(CorrelatedFeature {
            name: matrix.names()[j].clone(),
            spearman: metrics::spearman(&values, &targets)?,
        })
    });
    measured.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_feature_is_measured_either_way_round_and_not_from_a_few_rows() {
        let labels: Vec<u8> = (0..400).map(|row| u8::from(row % 4 == 0)).collect();
        let falling = labels.iter().map(|label| -f32::from(*label)).collect();
        let blind = vec![1.0; 400];
        let rare = labels.iter().enumerate().map(|(row, label)| match row < 196 {
            true => f32::from(*label),
            false => f32::NAN,
        });
        let names = ["falling", "blind", "rare"].map(str::to_owned).to_vec();
        let matrix = Matrix::new(names, vec![falling, blind, rare.collect()]).unwrap();
        let found: Vec<(String, f64)> = measure(&matrix, &labels)
            .into_iter()
            .map(|single| (single.name, single.roc_auc))
            .collect();
        assert_eq!(
            found,
            [("falling".to_owned(), 1.0), ("blind".to_owned(), 0.5)],
            "rare: 49 positives"
        );
    }

    proptest! {
        #[test]
        fn the_area_is_that_of_the_metrics(rows in prop::collection::vec((
            prop_oneof![Just(-0.0_f32), Just(0.0), -3_f32..3.0, (-3_i8..3).prop_map(f32::from)], 0_u8..2,
        ), 200..400)) {
            let (labels, values): (Vec<u8>, Vec<f64>) =
                rows.iter().map(|(value, label)| (*label, f64::from(*value))).unzip();
            let positives = labels.iter().filter(|label| **label == 1).count();
            let enough = positives >= ENOUGH && labels.len() - positives >= ENOUGH;
            let expected = metrics::roc_auc(&labels, &values).filter(|_| enough);
            let found = roc_auc(rows.into_iter());
            prop_assert_eq!(found.is_some(), expected.is_some());
            prop_assert!(found.zip(expected).is_none_or(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
