//! What stands in for a missing value.

/// The middle of the values of these rows that are known, the mean of the two that are; `None` when none is.
pub(crate) fn median(column: &[f32], rows: &[u32]) -> Option<f32> {
    let mut known: Vec<f32> = rows
        .iter()
        .map(|&row| column[row as usize])
        .filter(|v| !v.is_nan())
        .collect();
    let (last, middle) = (known.len().checked_sub(1)?, known.len() / 2);
    let (before, upper, _) = known.select_nth_unstable_by(middle, f32::total_cmp);
    let upper = *upper;
    if last % 2 == 0 {
        return Some(upper);
    }
    let lower = before.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    Some(f32::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_of_known_values_of_the_rows() {
        let column = [5.0, f32::NAN, 1.0, 3.0, 100.0];
        assert_eq!(median(&column, &[0, 1, 2, 3]), Some(3.0));
        assert_eq!(median(&column, &[0, 2, 3, 4]), Some(4.0));
        assert_eq!(median(&column, &[1]), None);
    }
}
