//! How sure a mean is.

use super::blocks::Blocks;
use super::interval::Resampled;
use super::{FEWEST_BLOCKS, Resampling, draw, resampled};
use crate::control::Control;
use crate::fit::FitError;
use mltraining_domain::{Interval, IntervalUnset};

/// How sure a mean is, and the chance of one at least so far from 0 if the true one were 0, two-sided; `None` where the interval is
/// unset. Blocks of time are drawn as in [`intervals`](super::intervals); a draw costs nothing for the values.
///
/// # Errors
/// [`FitError::Cancelled`] when the caller's flag is set.
///
/// # Panics
/// When values and times differ in number, or the least block is not above 0.
pub fn interval_of_mean(
    values: &[f64],
    times: &[i64],
    resampling: Resampling,
    control: &Control<'_>,
) -> Result<(Interval, Option<f64>), FitError> {
    assert_eq!(values.len(), times.len(), "one time for each value");
    assert!(resampling.least_block > 0, "blocks have a length");
    let blocks = Blocks::of(times, resampling.least_block);
    if blocks.count < FEWEST_BLOCKS {
        return Ok((Interval::Unset(IntervalUnset::TooFewBlocks), None));
    }
    let mut sums = vec![(0.0, 0.0); blocks.count];
    for (value, block) in values.iter().zip(&blocks.of_rows) {
        let (sum, count) = &mut sums[usize::from(*block)];
        *sum += value;
        *count += 1.0;
    }
    let mean = |nth| {
        let weights = draw::weights(resampling.seed, 0, nth, blocks.count);
        let drawn = sums.iter().zip(weights);
        let (sum, count) = drawn.fold((0.0, 0.0), |(sum, count), (of, weight)| {
            (sum + weight * of.0, count + weight * of.1)
        });
        Some(sum / count) // each block has a value, and as many are drawn as there are
    };
    let means = resampled(resampling, control, mean)?;
    Ok(match Resampled::new(means.into_iter(), blocks.count) {
        Ok(means) => (means.interval(), Some(means.p_value())),
        Err(reason) => (Interval::Unset(reason), None),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RESAMPLING: Resampling = Resampling {
        least_block: 10,
        resamples: 1000,
        seed: 7,
    };

    fn of(values: &[f64]) -> (Interval, Option<f64>) {
        let times: Vec<i64> = (0..values.len() as i64).collect();
        interval_of_mean(values, &times, RESAMPLING, &Control::none()).unwrap()
    }

    #[test]
    fn the_interval_holds_the_mean_and_leaves_out_0_where_that_is_far() {
        let values: Vec<f64> = (0..400).map(|k| f64::from(k * 7919 % 101) / 101.0).collect();
        let mean = values.iter().sum::<f64>() / 400.0;
        let (interval, p_value) = of(&values);
        let (low, high) = interval.bounds().unwrap();
        assert!(
            0.4 < low && low < mean && mean < high && high < 0.6,
            "{low} {mean} {high}"
        );
        assert!(p_value.unwrap() < 0.01);
        let around_0: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let (interval, p_value) = of(&around_0);
        let (low, high) = interval.bounds().unwrap();
        assert!(low < 0.0 && high > 0.0 && p_value.unwrap() > 0.5);
    }

    #[test]
    fn few_blocks_tell_nothing() {
        let few = (Interval::Unset(IntervalUnset::TooFewBlocks), None);
        assert_eq!(of(&[1.0; 40]), few);
        assert_eq!(of(&[]), few);
    }
}
