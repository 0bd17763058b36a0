//! What one column holds.

/// The shares of the quantiles, rising.
pub const QUANTILES: [f64; 5] = [0.01, 0.25, 0.5, 0.75, 0.99];

/// What is known of a column. A number that needs more known values than there are is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ColumnStatistics {
    /// Values that are known.
    pub count: u64,
    /// Values that are not.
    pub missing: u64,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation of a sample (ddof 1); needs two values.
    pub std: Option<f64>,
    /// Smallest value.
    pub min: Option<f64>,
    /// The [`QUANTILES`], between two values by their distance, as numpy's `linear` (Hyndman and Fan's type 7).
    pub quantiles: Option<[f64; 5]>,
    /// Largest value.
    pub max: Option<f64>,
    /// Whether no known value differs from another: a model learns nothing from it.
    pub zero_variance: bool,
}

impl ColumnStatistics {
    /// Of these values; NaN is missing. Takes the column, because the missing ones are taken out of it.
    pub fn of(mut column: Vec<f32>) -> Self {
        let all = column.len();
        column.retain(|value| !value.is_nan());
        let mut this = Self {
            count: column.len() as u64,
            missing: (all - column.len()) as u64,
            zero_variance: true,
            ..Self::default()
        };
        if column.is_empty() {
            return this;
        }
        let count = column.len() as f64;
        let mean = column.iter().copied().map(f64::from).sum::<f64>() / count;
        let squares: f64 = column
            .iter()
            .map(|value| (f64::from(*value) - mean).powi(2))
            .sum();
        let (min, max) = column
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), value| {
                (min.min(*value), max.max(*value))
            });
        this.zero_variance = min == max;
        this.mean = Some(mean);
        this.std = (count > 1.0).then(|| match this.zero_variance {
            true => 0.0, // the mean of equal values may be off by a rounding
            false => (squares / (count - 1.0)).sqrt(),
        });
        (this.min, this.max) = (Some(min.into()), Some(max.into()));
        this.quantiles = Some(quantiles(&column));
        this
    }
}

/// Of a column with at least one value and no NaN. About linear in its length, unless most values are close to each other.
fn quantiles(column: &[f32]) -> [f64; 5] {
    let last = column.len() - 1;
    let places = QUANTILES.map(|share| share * last as f64);
    let ranks = places.map(|place| [place.floor() as usize, place.ceil() as usize]);
    let mut ranks = ranks.concat();
    ranks.sort_unstable(); // the ranks beside two quantiles of a short column are mixed
    ranks.dedup();
    let values = at_ranks(column, &ranks);
    let value = |rank: f64| f64::from(values[ranks.partition_point(|known| *known < rank as usize)]);
    places.map(|place| {
        let (below, above) = (value(place.floor()), value(place.ceil()));
        below + (above - below) * place.fract()
    })
}

/// Bits of a [`key`] that part a column into groups.
const GROUP_BITS: u32 = 16;

/// The values that would stand at these ranks (rising) if the column were sorted: values are counted in groups of the same leading
/// bits, and only the groups with a rank in them are looked at closer.
fn at_ranks(column: &[f32], ranks: &[usize]) -> Vec<f32> {
    let group = |key: u32| (key >> (u32::BITS - GROUP_BITS)) as usize;
    let mut counts = vec![0_u32; 1 << GROUP_BITS]; // a panel has less than 2^32 rows
    for value in column {
        counts[group(key(*value))] += 1;
    }
    // Of each group with ranks in it: its number, the rank of its first value, its keys.
    let mut wanted: Vec<(usize, usize, Vec<u32>)> = Vec::new();
    let (mut before, mut next) = (0, 0);
    for (number, count) in counts.iter_mut().enumerate() {
        let held = std::mem::take(count) as usize; // from here on: one more than the place among the wanted groups
        let ranked = ranks[next..].partition_point(|rank| *rank < before + held);
        if ranked > 0 {
            wanted.push((number, before, Vec::with_capacity(held)));
            *count = wanted.len() as u32;
            next += ranked;
        }
        before += held;
    }
    for value in column {
        let key = key(*value);
        if let Some(place) = counts[group(key)].checked_sub(1) {
            wanted[place as usize].2.push(key);
        }
    }
    for (_, _, keys) in &mut wanted {
        keys.sort_unstable();
    }
    let of_rank = |rank: &usize| {
        let place = wanted.partition_point(|(_, first, _)| first <= rank) - 1;
        let (_, first, keys) = &wanted[place];
        value_of(keys[rank - first])
    };
    ranks.iter().map(of_rank).collect()
}

/// A number that is larger for a larger value: [`f32::total_cmp`] as an order of numbers.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

/// The value of a [`key`].
fn value_of(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAN: f32 = f32::NAN;

    /// numpy: `mean, std(ddof=1), min, quantile([0.01, 0.25, 0.5, 0.75, 0.99]), max` of 3, 1, 4, 1, 5, 9, 2, 6.
    #[test]
    fn statistics_are_those_of_numpy() {
        let found = ColumnStatistics::of(vec![3.0, NAN, 1.0, 4.0, 1.0, 5.0, 9.0, NAN, 2.0, 6.0]);
        let quantiles = found.quantiles.expect("there are values");
        let expected = [1.0, 1.75, 3.5, 5.25, 8.79];
        assert!(
            quantiles.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
            "{quantiles:?}"
        );
        let std = found.std.expect("there are values");
        assert!((std - 2.748_376_143_938_713).abs() < 1e-12, "{std}");
        let rest = (found.count, found.missing, found.mean, found.min, found.max);
        assert_eq!(rest, (8, 2, Some(3.875), Some(1.0), Some(9.0)));
        assert!(!found.zero_variance);
    }

    #[test]
    fn what_cannot_be_measured_is_none_and_never_zero() {
        let none = ColumnStatistics::of(vec![NAN; 3]);
        assert_eq!((none.count, none.missing, none.zero_variance), (0, 3, true));
        assert_eq!(
            (none.mean, none.std, none.min, none.quantiles),
            (None, None, None, None)
        );
        let one = ColumnStatistics::of(vec![2.5]);
        assert_eq!(
            (one.mean, one.std, one.quantiles),
            (Some(2.5), None, Some([2.5; 5]))
        );
        let equal = ColumnStatistics::of(vec![0.1; 1000]);
        assert_eq!((equal.zero_variance, equal.std), (true, Some(0.0)));
    }

    proptest! {
        #[test]
        fn keys_are_ordered_as_their_values(a in any::<f32>(), b in any::<f32>()) {
            prop_assert_eq!(key(a).cmp(&key(b)), a.total_cmp(&b));
            prop_assert_eq!(value_of(key(a)).to_bits(), a.to_bits());
        }

        #[test]
        fn quantiles_are_those_of_the_sorted_column(mut column in prop_oneof![
            prop::collection::vec((-5_i8..5).prop_map(f32::from), 1..300),
            prop::collection::vec(-2_f32..2.0, 1..300),
            prop::collection::vec(1_f32..1.001, 1..300),
        ]) {
            let found = quantiles(&column);
            column.sort_by(f32::total_cmp);
            for (share, found) in QUANTILES.iter().zip(found) {
                let place = share * (column.len() - 1) as f64;
                let [below, above] = [place as usize, place.ceil() as usize].map(|rank| f64::from(column[rank]));
                let expected = below + (above - below) * place.fract();
                prop_assert!((found - expected).abs() < 1e-9, "{share}: {found} {expected}");
            }
        }
    }
}
