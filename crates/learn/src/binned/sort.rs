//! Sorting of f32 by their bits: three passes over the values where comparisons would take seventeen.

/// Bits that one pass sorts by.
const DIGIT: u32 = 11;
const DIGITS: usize = 3;
const BUCKETS: usize = 1 << DIGIT;

/// Sorts values, none of which is NaN, in ascending order (least significant digit first). -0 comes before 0.
pub(super) fn sort(values: &mut Vec<f32>) {
    let mut keys: Vec<u32> = values.iter().map(|&value| key(value)).collect();
    let mut sorted = vec![0; keys.len()];
    let mut counts = [[0u32; BUCKETS]; DIGITS];
    for &key in &keys {
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[digit(key, pass)] += 1;
        }
    }
    for (pass, counts) in counts.iter_mut().enumerate() {
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &key in &keys {
            let place = &mut counts[digit(key, pass)];
            sorted[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut sorted);
    }
    values.clear();
    values.extend(keys.into_iter().map(value));
}

fn digit(key: u32, pass: usize) -> usize {
    (key >> (pass as u32 * DIGIT)) as usize & (BUCKETS - 1)
}

/// A number that is larger for a larger value: negative values are the larger the smaller their bits.
pub(crate) fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

fn value(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn values_are_sorted_as_by_comparing(mut values in proptest::collection::vec(
            proptest::num::f32::NORMAL | proptest::num::f32::SUBNORMAL | proptest::num::f32::ZERO, 0..300
        )) {
            let mut expected = values.clone();
            expected.sort_by(f32::total_cmp);
            sort(&mut values);
            prop_assert_eq!(
                values.iter().map(|v| v.to_bits()).collect::<Vec<_>>(),
                expected.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
            );
        }
    }
}
