//! How much of a label is its own (Lopez de Prado, "Advances in Financial Machine Learning", 2018, sections 4.3 and 4.4).
//!
//! Labels of one entity whose spans (t, r] overlap tell partly of the same bars: a thousand rows that each look an hour ahead
//! are no thousand independent ones. Of n labels that are open at a moment each has 1 / n of it.

/// How one label lies among the others of its entity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharing {
    /// The mean of 1 / (labels open) over its span (t, r], above 0 and at most 1.
    pub uniqueness: f64,
    /// The mean number of other labels open over its span; 0 when it is alone.
    pub overlap: f64,
}

/// How each label shares its time. Means are weighed by time, so that bars at irregular distances count as long as they
/// last. A label that is known at once (r = t) shares nothing: its uniqueness is 1 and its overlap 0.
///
/// `decision` rises and `resolve` has a time for each, none before its decision; all rows are of one entity. Takes n log n.
///
/// # Panics
/// When the slices differ in length.
pub fn sharing(decision: &[i64], resolve: &[i64]) -> Vec<Sharing> {
    assert_eq!(
        decision.len(),
        resolve.len(),
        "one resolve time for each decision time"
    );
    let mut ends = resolve.to_vec();
    ends.sort_unstable();
    let (begun, ended) = integrals(decision, &ends);
    let mut place = 0;
    let spans = decision.iter().zip(resolve).zip(begun);
    let of = |((from, to), begun): ((&i64, &i64), Integrals)| {
        place = place_of(&ends, place, *to);
        between(to - from, begun, ended[place])
    };
    spans.map(of).collect()
}

/// How a label of `length` shares its time, of what was summed up to its begin and up to its end.
fn between(length: i64, begun: Integrals, ended: Integrals) -> Sharing {
    if length == 0 {
        return Sharing {
            uniqueness: 1.0,
            overlap: 0.0,
        };
    }
    let others = ended.open - begun.open - i128::from(length);
    // Nearly all fit 64 bits, which convert in one instruction.
    let others = i64::try_from(others).map_or(others as f64, |others| others as f64);
    let overlap = others / length as f64;
    let uniqueness = (ended.shares - begun.shares) / length as f64;
    Sharing {
        // A mean of reciprocals is at least the reciprocal of the mean: what rounding takes from a short span after a long
        // time is put right.
        uniqueness: uniqueness.clamp(1.0 / (1.0 + overlap), 1.0),
        overlap,
    }
}

/// The place of `end` among the sorted ends. Labels mostly end in the order in which they begin: then it is where the last one
/// was, or next to it.
fn place_of(ends: &[i64], last: usize, end: i64) -> usize {
    let near = (last..last + 2).find(|place| ends.get(*place) == Some(&end));
    near.unwrap_or_else(|| ends.partition_point(|time| *time < end))
}

/// Integrals over time, from the first event up to a moment.
#[derive(Clone, Copy, Default)]
struct Integrals {
    /// Of 1 / (labels open), where some are.
    shares: f64,
    /// Of the number of labels open: a whole number, which a double could not hold.
    open: i128,
}

/// The integrals at each begin and at each end; both rise.
fn integrals(begins: &[i64], ends: &[i64]) -> (Vec<Integrals>, Vec<Integrals>) {
    let (mut at_begins, mut at_ends) = (Vec::with_capacity(begins.len()), Vec::with_capacity(ends.len()));
    let (mut sum, mut before) = (Integrals::default(), 0);
    loop {
        let (begun, ended) = (at_begins.len(), at_ends.len());
        let next = [begins.get(begun), ends.get(ended)];
        let Some(moment) = next.into_iter().flatten().min().copied() else {
            return (at_begins, at_ends);
        };
        if begun > ended {
            let (length, labels) = (moment - before, begun - ended);
            sum.shares += length as f64 / labels as f64;
            sum.open += i128::from(length) * labels as i128;
        }
        before = moment;
        at_begins.extend(
            begins[begun..]
                .iter()
                .take_while(|time| **time == moment)
                .map(|_| sum),
        );
        at_ends.extend(
            ends[ended..]
                .iter()
                .take_while(|time| **time == moment)
                .map(|_| sum),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::sharing;
    use proptest::prelude::*;

    fn average_uniqueness(decision: &[i64], resolve: &[i64]) -> Vec<f64> {
        let found = sharing(decision, resolve);
        found.into_iter().map(|label| label.uniqueness).collect()
    }

    #[test]
    fn overlap_counts_the_other_labels_while_one_is_open() {
        let overlap = |decision: &[i64], resolve: &[i64]| -> Vec<f64> {
            let found = sharing(decision, resolve);
            found.into_iter().map(|label| label.overlap).collect()
        };
        assert_eq!(overlap(&[0, 10, 20], &[10, 20, 25]), [0.0, 0.0, 0.0]);
        assert_eq!(overlap(&[5], &[5]), [0.0]);
        assert_eq!(overlap(&[0, 1, 2, 3], &[2, 3, 4, 5]), [0.5, 1.0, 1.0, 0.5]);
        // (0, 10] is beside another for 2 of its 10; (8, 12] for 2 of its 4.
        assert_eq!(overlap(&[0, 8], &[10, 12]), [0.2, 0.5]);
    }

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
            let found = sharing(&decision, &resolve);
            for (i, label) in found.iter().enumerate() {
                let unique = &label.uniqueness;
                let units = decision[i] + 1..=resolve[i];
                let count = resolve[i] - decision[i];
                let others = units.clone().map(|unit| open(unit) as f64 - 1.0).sum::<f64>();
                let others = if count == 0 { 0.0 } else { others / count as f64 };
                prop_assert!((label.overlap - others).abs() < 1e-9, "{}: {} {}", i, label.overlap, others);
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
