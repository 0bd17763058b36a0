//! Where a feature's bins begin and end.

use super::sort::sort;
use super::{MISSING, VALUE_BINS};

/// Quantiles come from at most so many rows, evenly spaced.
const SAMPLE: usize = 100_000;

/// Ascending cuts, at most 254: between every two neighbours when the sample has at most 255 distinct values, else
/// near the quantiles k / 255. A cut lies midway between two values where f32 has a number there, else on the lower one.
pub(super) fn quantiles(column: &[f32], rows: &[u32]) -> Vec<f32> {
    let sorted = sorted_sample(column, rows);
    if let Some(distinct) = few_distinct(&sorted) {
        return distinct.windows(2).map(|pair| midway(pair[0], pair[1])).collect();
    }
    let mut cuts: Vec<f32> = Vec::with_capacity(VALUE_BINS - 1);
    for k in 1..VALUE_BINS {
        let place = k * sorted.len() / VALUE_BINS;
        let cut = midway(sorted[place - 1], sorted[place]);
        if cuts.last().is_none_or(|&last| last < cut) {
            cuts.push(cut);
        }
    }
    cuts
}

/// Values of evenly spaced rows, ascending, without missing ones. Zero has one sign here, as it has in comparisons.
fn sorted_sample(column: &[f32], rows: &[u32]) -> Vec<f32> {
    let size = rows.len().min(SAMPLE) as u64;
    let step = ((rows.len() as u64) << 32) / size; // in 2^-32 of a row: one division in all
    let mut values: Vec<f32> = (0..size)
        .map(|i| column[rows[((i * step) >> 32) as usize] as usize] + 0.0)
        .filter(|value| !value.is_nan())
        .collect();
    sort(&mut values);
    values
}

/// The distinct values, unless there are more than [`VALUE_BINS`].
fn few_distinct(sorted: &[f32]) -> Option<Vec<f32>> {
    let mut distinct: Vec<f32> = Vec::with_capacity(VALUE_BINS);
    for &value in sorted {
        if distinct.last() == Some(&value) {
            continue;
        }
        if distinct.len() == VALUE_BINS {
            return None;
        }
        distinct.push(value);
    }
    Some(distinct)
}

/// `low` when the two are equal or neighbours.
fn midway(low: f32, high: f32) -> f32 {
    let middle = ((f64::from(low) + f64::from(high)) / 2.0) as f32;
    if middle < high { middle } else { low }
}

/// Writes the bin of each row's value: the number of cuts below it.
pub(super) fn assign(cuts: &[f32], column: &[f32], rows: &[u32], bins: &mut [u8]) {
    let mut padded = [f32::INFINITY; 256];
    padded[..cuts.len()].copy_from_slice(cuts);
    for (bin, &row) in bins.iter_mut().zip(rows) {
        let value = column[row as usize];
        *bin = if value.is_nan() {
            MISSING
        } else {
            cuts_below(&padded, value)
        };
    }
}

/// Binary search without branches; the cuts are padded with +inf, which is below no value.
#[inline]
fn cuts_below(padded: &[f32; 256], value: f32) -> u8 {
    let mut below = 0usize;
    for step in [128, 64, 32, 16, 8, 4, 2, 1] {
        let probe = (below + step - 1) & 255;
        below += step * usize::from(padded[probe] < value);
    }
    below as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(column: &[f32]) -> Vec<u32> {
        (0..column.len() as u32).collect()
    }

    fn binned(column: &[f32]) -> (Vec<f32>, Vec<u8>) {
        let rows = all(column);
        let cuts = quantiles(column, &rows);
        let mut bins = vec![0; column.len()];
        assign(&cuts, column, &rows, &mut bins);
        (cuts, bins)
    }

    #[test]
    fn few_distinct_values_have_a_bin_each_and_missing_ones_their_own() {
        let (cuts, bins) = binned(&[3.0, 1.0, f32::NAN, 2.0, 1.0, -0.0, 0.0]);
        assert_eq!(cuts, [0.5, 1.5, 2.5]);
        assert_eq!(bins, [3, 1, MISSING, 2, 1, 0, 0]);
    }

    #[test]
    fn many_distinct_values_are_spread_evenly_over_255_bins() {
        let column: Vec<f32> = (0..25_500).map(|i| ((i * 7919) % 25_500) as f32).collect();
        let (cuts, bins) = binned(&column);
        assert_eq!(cuts.len(), 254);
        let mut counts = [0; 256];
        bins.iter().for_each(|&b| counts[usize::from(b)] += 1);
        assert!(counts[..255].iter().all(|&c| c == 100), "{counts:?}");
        assert_eq!(counts[255], 0);
    }

    #[test]
    fn a_column_without_values_or_with_one_needs_no_cut() {
        assert_eq!(binned(&[f32::NAN, f32::NAN]), (vec![], vec![MISSING, MISSING]));
        assert_eq!(binned(&[5.0, 5.0]), (vec![], vec![0, 0]));
    }

    #[test]
    fn neighbouring_and_extreme_values_are_still_told_apart() {
        let next = f32::from_bits(1.0f32.to_bits() + 1);
        assert_eq!(binned(&[1.0, next]).1, [0, 1]);
        assert_eq!(binned(&[f32::MAX, f32::MIN]).1, [1, 0]);
        assert_eq!(binned(&[0.0, f32::from_bits(1)]).1, [0, 1]);
    }

    proptest! {
        #[test]
        fn a_bin_agrees_with_the_threshold_that_a_prediction_compares_with(
            column in proptest::collection::vec(-1e3f32..1e3, 2..600)
        ) {
            let (cuts, bins) = binned(&column);
            for (value, bin) in column.iter().zip(&bins) {
                for (cut, threshold) in cuts.iter().enumerate() {
                    prop_assert_eq!(value <= threshold, usize::from(*bin) <= cut);
                }
            }
        }
    }
}
