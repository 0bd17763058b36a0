//! Forecasts against what came true, in parts of neighbouring forecasts.

use mltraining_domain::ForecastPart;

/// Parts that all rows are put into, where forecasts differ enough.
const PARTS: usize = 10;

/// Rows by forecast in parts of about equal size, the lowest first; rows of one forecast are never parted. Empty without rows, or
/// when a number is not finite. Sorts once.
///
/// # Panics
/// When truths and forecasts differ in number.
pub fn forecast_parts(truths: &[f32], forecasts: &[f64]) -> Vec<ForecastPart> {
    assert_eq!(truths.len(), forecasts.len(), "one truth for each forecast");
    let truths = truths.iter().copied().map(f64::from);
    let mut rows: Vec<(f64, f64)> = forecasts.iter().copied().zip(truths).collect();
    if rows.iter().any(|row| !(row.0.is_finite() && row.1.is_finite())) {
        return Vec::new();
    }
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut parts, mut start) = (Vec::with_capacity(PARTS), 0);
    for nth in 1..=PARTS {
        let even = rows.len() * nth / PARTS;
        let Some(last) = even.checked_sub(1).filter(|_| even > start) else {
            continue;
        };
        let end = rows.partition_point(|row| row.0 <= rows[last].0);
        parts.push(part(&rows[start..end]));
        start = end;
    }
    parts
}

fn part(rows: &[(f64, f64)]) -> ForecastPart {
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / rows.len() as f64;
    let mean_truth = mean(&|row| row.1);
    ForecastPart {
        rows: rows.len() as u64,
        mean_forecast: mean(&|row| row.0),
        mean_truth,
        deviation: mean(&|row| (row.1 - mean_truth).powi(2)).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parted_by_what_was_foreseen_and_none_is_lost() {
        let forecasts: Vec<f64> = (0..25).rev().map(f64::from).collect();
        let truths: Vec<f32> = (0..25).rev().map(|number| 2.0 * number as f32).collect();
        let parts = forecast_parts(&truths, &forecasts);
        assert_eq!(
            (parts.len(), parts.iter().map(|part| part.rows).sum::<u64>()),
            (10, 25)
        );
        let first = ForecastPart {
            rows: 2,
            mean_forecast: 0.5,
            mean_truth: 1.0,
            deviation: 1.0,
        };
        assert_eq!(parts[0], first);
        assert!(
            parts
                .iter()
                .all(|part| part.mean_truth == 2.0 * part.mean_forecast)
        );
    }

    #[test]
    fn rows_of_one_forecast_stay_together() {
        let parts = forecast_parts(&[1.0, 3.0, 5.0, 7.0], &[2.0, 2.0, 2.0, 4.0]);
        let seen: Vec<_> = parts.iter().map(|part| (part.rows, part.mean_truth)).collect();
        assert_eq!(seen, [(3, 3.0), (1, 7.0)]);
        assert_eq!(forecast_parts(&[1.0; 40], &[0.5; 40]).len(), 1);
    }

    #[test]
    fn without_rows_or_with_one_that_is_no_number_there_are_no_parts() {
        assert_eq!(forecast_parts(&[], &[]), []);
        assert_eq!(forecast_parts(&[1.0, 2.0], &[1.0, f64::NAN]), []);
    }
}
