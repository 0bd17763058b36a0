//! What is left of p-values when several are looked at together.

/// Holm's step-down correction (Holm 1979, "A simple sequentially rejective multiple test procedure"): each is multiplied by the
/// number of those that are not smaller, no corrected one is below that of a smaller one, none is above 1. What is unknown stays so,
/// and is not counted. The chance that any of them falls below a level without cause is at most that level, however they hang
/// together.
pub fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut known: Vec<(usize, f64)> = p_values
        .iter()
        .enumerate()
        .filter_map(|(place, p)| Some((place, (*p)?)))
        .collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1)); // stable: of equals the first
    let count = known.len();
    let mut corrected = vec![None; p_values.len()];
    let mut largest: f64 = 0.0;
    for (nth, (place, p)) in known.into_iter().enumerate() {
        largest = largest.max((p * (count - nth) as f64).min(1.0));
        corrected[place] = Some(largest);
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"), and the same of 0.5, 0.6, 0.001.
    #[test]
    fn corrected_values_are_those_of_r() {
        let near = |found: &[Option<f64>], wanted: &[f64]| {
            found
                .iter()
                .zip(wanted)
                .all(|(found, wanted)| (found.unwrap() - wanted).abs() < 1e-12)
        };
        let found = holm(&[0.01, 0.04, 0.03, 0.005].map(Some));
        assert!(near(&found, &[0.03, 0.06, 0.06, 0.02]), "{found:?}");
        let found = holm(&[0.5, 0.6, 0.001].map(Some));
        assert!(near(&found, &[1.0, 1.0, 0.003]), "{found:?}");
    }

    #[test]
    fn one_alone_stays_as_it_is_and_what_is_unknown_does_not_count() {
        assert_eq!(holm(&[Some(0.04)]), [Some(0.04)]);
        assert_eq!(holm(&[None, Some(0.04), None]), [None, Some(0.04), None]);
        assert_eq!(holm(&[]), []);
    }
}
