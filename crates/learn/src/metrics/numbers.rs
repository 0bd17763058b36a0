//! Metrics of foreseen numbers.

use mltraining_domain::{Metrics, RegressionMetrics};

/// Measures `forecasts` against the numbers that came true. Sorts three times.
///
/// Everything is `None` without rows, and for forecasts of which one is NaN. See [`RegressionMetrics`] for what else is undefined.
///
/// # Panics
/// When truths and forecasts differ in number.
pub fn measure_numbers(truths: &[f32], forecasts: &[f64]) -> Metrics {
    Metrics {
        rows: truths.len() as u64,
        regression: Some(measured(truths, forecasts)),
        ..Metrics::default()
    }
}

fn measured(truths: &[f32], forecasts: &[f64]) -> RegressionMetrics {
    assert_eq!(truths.len(), forecasts.len(), "one forecast for each truth");
    if truths.is_empty() || forecasts.iter().any(|forecast| forecast.is_nan()) {
        return RegressionMetrics::default();
    }
    let rows = truths.len() as f64;
    let pairs = || truths.iter().zip(forecasts);
    let mut errors: Vec<f64> = pairs().map(|(y, f)| (f - f64::from(*y)).abs()).collect();
    let squares: f64 = errors.iter().map(|error| error * error).sum();
    let absolute: f64 = errors.iter().sum();
    errors.sort_unstable_by(f64::total_cmp);
    let truths: Vec<f64> = truths.iter().copied().map(f64::from).collect();
    RegressionMetrics {
        rmse: Some((squares / rows).sqrt()),
        mae: Some(absolute / rows),
        median_absolute_error: Some(f64::midpoint(
            errors[(errors.len() - 1) / 2],
            errors[errors.len() / 2],
        )),
        r2: r2_of(&truths, squares),
        spearman: spearman(&truths, forecasts),
    }
}

/// 1 - squared error / squared distance of the truths from their mean; `None` without rows, and when all truths are equal.
///
/// # Panics
/// When truths and forecasts differ in number.
pub fn r2(truths: &[f32], forecasts: &[f64]) -> Option<f64> {
    assert_eq!(truths.len(), forecasts.len(), "one forecast for each truth");
    let truths: Vec<f64> = truths.iter().copied().map(f64::from).collect();
    let errors = truths.iter().zip(forecasts).map(|(y, f)| (f - y) * (f - y));
    r2_of(&truths, errors.sum())
}

fn r2_of(truths: &[f64], squares: f64) -> Option<f64> {
    let first = truths.first()?;
    if truths.iter().all(|truth| truth == first) {
        return None;
    }
    let mean = truths.iter().sum::<f64>() / truths.len() as f64;
    let around: f64 = truths.iter().map(|truth| (truth - mean) * (truth - mean)).sum();
    (around > 0.0).then(|| 1.0 - squares / around)
}

/// Spearman's rank correlation, ties averaged: Pearson's correlation of the ranks. `None` without rows, and when all values of a
/// side are equal. No value may be NaN.
///
/// # Panics
/// When the two differ in number.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "values come in pairs");
    let (a, b) = (average_ranks(a), average_ranks(b));
    let mean = (a.len() as f64 + 1.0) / 2.0;
    let products =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum() };
    let spread = products(&a, &a) * products(&b, &b);
    (spread > 0.0).then(|| products(&a, &b) / spread.sqrt())
}

/// The rank of each value from 1 on; of equal values the mean of theirs. No value may be NaN.
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    // Values are sorted beside their rows, not looked up by them.
    let mut ordered: Vec<(f64, u32)> = values.iter().copied().zip(0..).collect();
    ordered.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    // 0 and -0 are equal and lie side by side.
    for tied in ordered.chunk_by(|a, b| a.0 == b.0) {
        let rank = first as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|&(_, row)| ranks[row as usize] = rank);
        first += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.9.1 and scipy 1.17.1: tests/sklearn/reference.py prints them.
    #[test]
    fn the_numbers_are_those_of_scikit_learn_and_scipy() {
        let truths: Vec<f32> = (0..40).map(|i| ((i * 37 % 41) as f32 - 20.0) / 8.0).collect();
        let forecasts: Vec<f64> = (0..40)
            .map(|i| f64::from((i * 37 % 41) / 4 + i % 3) / 3.0 - 2.0)
            .collect();
        let found = measure_numbers(&truths, &forecasts);
        assert_eq!((found.rows, found.roc_auc), (40, None));
        let found = found.regression.unwrap();
        let close = |found: Option<f64>, expected: f64| (found.unwrap() - expected).abs() < 1e-12;
        for (found, expected) in [
            (found.rmse, REFERENCE[0]),
            (found.mae, REFERENCE[1]),
            (found.median_absolute_error, REFERENCE[2]),
            (found.r2, REFERENCE[3]),
            (found.spearman, REFERENCE[4]),
        ] {
            assert!(close(found, expected), "{found:?}, not {expected}");
        }
        assert!(close(r2(&truths, &forecasts), REFERENCE[3]));
    }

    const REFERENCE: [f64; 5] = [
        0.566_268_242_286_482_3,
        0.472_916_666_666_666_7,
        0.375,
        0.850_137_124_125_732_3,
        0.964_798_018_206_846_1,
    ];

    #[test]
    fn what_is_undefined_is_none() {
        let none = measure_numbers(&[], &[]).regression.unwrap();
        assert_eq!(none, RegressionMetrics::default());
        assert_eq!(measure_numbers(&[1.0], &[f64::NAN]).regression.unwrap(), none);
        let same = measure_numbers(&[2.0, 2.0], &[1.0, 2.0]).regression.unwrap();
        assert_eq!((same.r2, same.spearman), (None, None));
        assert_eq!(
            (same.rmse, same.mae, same.median_absolute_error),
            (Some(0.5_f64.sqrt()), Some(0.5), Some(0.5))
        );
        let constant = measure_numbers(&[1.0, 3.0], &[2.0, 2.0]).regression.unwrap();
        assert_eq!((constant.r2, constant.spearman), (Some(0.0), None));
    }

    #[test]
    fn equal_values_share_their_ranks() {
        assert_eq!(average_ranks(&[2.0, -0.0, 0.0, 5.0]), [3.0, 1.5, 1.5, 4.0]);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[9.0, 4.0, 1.0]), Some(-1.0));
    }
}
