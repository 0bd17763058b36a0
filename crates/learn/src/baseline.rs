//! What something simple reaches: every report stands beside it.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prevalence_looks_at_the_training_rows_alone() {
        let labels = [1, 1, 0, 0, 0, 1];
        assert_eq!(prevalence(&labels, &[1, 2, 3, 4]), 0.25);
        assert!(prevalence(&labels, &[]).is_nan());
    }
}
