//! The usual distance of two bars, when nobody says it.

use super::scan::Scan;
use crate::errors::CliError;
use mltraining_domain::Span;
use std::collections::BTreeMap;

/// The most frequent distance of two neighbouring rows of one entity; of equally frequent ones the smallest.
///
/// # Errors
/// [`CliError::Invalid`] when no entity has two rows.
pub(super) fn usual(scan: &Scan) -> Result<Span, CliError> {
    let unknown =
        || CliError::Invalid("no entity has two rows: say the distance of two bars with --bar".to_owned());
    most_frequent(scan.distances())
        .and_then(Span::from_micros)
        .ok_or_else(unknown)
}

fn most_frequent(distances: impl Iterator<Item = i64>) -> Option<i64> {
    let mut counts = BTreeMap::<i64, usize>::new();
    for distance in distances {
        *counts.entry(distance).or_default() += 1;
    }
    // The last of equal maxima wins, so look from the longest distance down.
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map(|(distance, _)| distance)
}

#[cfg(test)]
mod tests {
    use super::most_frequent;

    #[test]
    fn gaps_do_not_change_the_usual_distance() {
        assert_eq!(most_frequent([5, 5, 10, 5, 60].into_iter()), Some(5));
        assert_eq!(most_frequent([60, 5].into_iter()), Some(5));
        assert_eq!(most_frequent(std::iter::empty()), None);
    }
}
