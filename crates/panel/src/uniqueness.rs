//! How much of a label is its own (Lopez de Prado, "Advances in Financial Machine Learning", 2018, sections 4.3 and 4.4).
//!
//! Labels of one entity whose spans (t, r] overlap tell partly of the same bars: a thousand rows that each look an hour ahead
//! are no thousand independent ones. Of n labels that are open at a moment each has 1 / n of it.

/// The average uniqueness of each label: the mean of 1 / (labels open) over its span (t, r], above 0 and at most 1. It is
/// weighed by time, so that bars at irregular distances count as long as they last. A label that is known at once (r = t)
/// shares nothing and has 1.
///
/// `decision` rises and `resolve` has a time for each, none before its decision; all rows are of one entity. Takes n log n.
///
/// # Panics
/// When the slices differ in length.
pub fn average_uniqueness(decision: &[i64], resolve: &[i64]) -> Vec<f64> {
    assert_eq!(
        decision.len(),
        resolve.len(),
        "one resolve time for each decision time"
    );
    let shares = Shares::of(decision, resolve);
    let spans = decision.iter().zip(resolve);
    let unique = |(from, to): (&i64, &i64)| match to - from {
        0 => 1.0,
        length => ((shares.until(*to) - shares.until(*from)) / length as f64).min(1.0),
    };
    spans.map(unique).collect()
}

/// The integral over time of 1 / (labels open), from the first event on.
struct Shares {
    /// The moments at which a label begins or ends, rising, each once.
    moments: Vec<i64>,
    /// The integral up to each of them.
    sums: Vec<f64>,
}

impl Shares {
    fn of(decision: &[i64], resolve: &[i64]) -> Self {
        let mut moments: Vec<i64> = decision.iter().chain(resolve).copied().collect();
        moments.sort_unstable();
        moments.dedup();
        let mut ends = resolve.to_vec();
        ends.sort_unstable();
        let mut sums = Vec::with_capacity(moments.len());
        let mut sum = 0.0;
        for (i, moment) in moments.iter().enumerate() {
            if let Some(before) = i.checked_sub(1) {
                let before = moments[before];
                let begun = decision.partition_point(|time| *time <= before);
                let ended = ends.partition_point(|time| *time <= before);
                if begun > ended {
                    sum += (moment - before) as f64 / (begun - ended) as f64;
                }
            }
            sums.push(sum);
        }
        Self { moments, sums }
    }

    /// The integral up to one of the moments.
    fn until(&self, moment: i64) -> f64 {
        self.sums[self.moments.partition_point(|time| *time < moment)]
    }
}

#[cfg(test)]
mod tests {
    use super::average_uniqueness;
    use proptest::prelude::*;

    #[test]
    fn labels_apart_are_unique_and_equal_ones_share() {
        assert_eq!(average_uniqueness(&[0, 10, 20], &[10, 20, 25]), [1.0, 1.0, 1.0]);
        assert_eq!(average_uniqueness(&[5], &[5]), [1.0]);
        assert!(average_uniqueness(&[], &[]).is_empty());
        // Bars of one minute that look two ahead: but for the ends, each moment has two labels.
        let found = average_uniqueness(&[0, 1, 2, 3], &[2, 3, 4, 5]);
        assert_eq!(found, [0.75, 0.5, 0.5, 0.75]);
    }

    #[test]
    fn a_moment_counts_as_long_as_it_lasts() {
        // (0, 10] is alone for 8 of its 10, and shared with (8, 12] for 2.
        assert_eq!(average_uniqueness(&[0, 8], &[10, 12]), [0.9, 0.75]);
        // A gap between labels changes nothing.
        assert_eq!(average_uniqueness(&[0, 8, 100], &[10, 12, 101]), [0.9, 0.75, 1.0]);
    }

    proptest! {
        /// Counted in every unit of time.
        #[test]
        fn uniqueness_is_what_counting_in_each_unit_gives(
            labels in prop::collection::btree_map(0..60_i64, 0..20_i64, 1..25)
        ) {
            let decision: Vec<i64> = labels.keys().copied().collect();
            let resolve: Vec<i64> = labels.iter().map(|(from, length)| from + length).collect();
            let open = |unit: i64| decision.iter().zip(&resolve).filter(|(t, r)| **t < unit && unit <= **r).count();
            let found = average_uniqueness(&decision, &resolve);
            for (i, unique) in found.iter().enumerate() {
                let units = decision[i] + 1..=resolve[i];
                let count = resolve[i] - decision[i];
                let expected = match count {
                    0 => 1.0,
                    _ => units.map(|unit| 1.0 / open(unit) as f64).sum::<f64>() / count as f64,
                };
                prop_assert!((unique - expected).abs() < 1e-9, "{}: {} {}", i, unique, expected);
                prop_assert!(*unique > 0.0 && *unique <= 1.0 + 1e-12);
            }
        }
    }
}
