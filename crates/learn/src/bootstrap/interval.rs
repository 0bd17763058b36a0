//! What the resamples say.

use super::student::{inverse, normal_cdf, student_cdf};
use mltraining_domain::{Interval, IntervalUnset};

/// Chance to lie below the interval, and to lie above.
const TAIL: f64 = 0.025;
/// No more of the resamples than this may leave the value undefined.
const MOST_UNDEFINED: f64 = 0.05;

/// The values of a statistic on all resamples that define it, rising.
pub(super) struct Resampled {
    values: Vec<f64>,
    blocks: usize,
}

impl Resampled {
    /// Takes what each resample of `blocks` blocks gave.
    ///
    /// # Errors
    /// Undefined in more than 5 % of the resamples.
    pub(super) fn new(
        found: impl ExactSizeIterator<Item = Option<f64>>,
        blocks: usize,
    ) -> Result<Self, IntervalUnset> {
        let resamples = found.len();
        let mut values: Vec<f64> = found.flatten().collect();
        if values.is_empty() || ((resamples - values.len()) as f64) > MOST_UNDEFINED * resamples as f64 {
            return Err(IntervalUnset::Undefined);
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self { values, blocks })
    }

    /// The 95 % interval by percentiles, widened for few blocks: the levels are those at which a normal distribution has
    /// Student's quantiles of blocks - 1 degrees of freedom times sqrt(blocks / (blocks - 1)) (Hesterberg 2015, "What teachers
    /// should know about the bootstrap", expanded percentile interval). Between two resamples the value is interpolated.
    pub(super) fn interval(&self) -> Interval {
        let quantile = inverse(TAIL, |t| student_cdf(t, self.blocks as u64 - 1));
        let level = normal_cdf(quantile * self.widening());
        Interval::Between {
            low: self.quantile(level),
            high: self.quantile(1.0 - level),
        }
    }

    /// The two-sided p-value of "the true value is 0": at this level the interval would just touch 0. Never 0 itself: the
    /// resample at hand counts as one of them (Davison and Hinkley 1997, (4.11)).
    pub(super) fn p_value(&self) -> f64 {
        let share = |count: usize| (count + 1) as f64 / (self.values.len() + 1) as f64;
        let not_above = self.values.iter().filter(|value| **value <= 0.0).count();
        let not_below = self.values.iter().filter(|value| **value >= 0.0).count();
        let tail = share(not_above.min(not_below)).min(0.5);
        let t = inverse(tail, normal_cdf) / self.widening();
        (2.0 * student_cdf(t, self.blocks as u64 - 1)).min(1.0)
    }

    /// A bootstrap over n blocks sees a variance that is (n - 1) / n of the true one.
    fn widening(&self) -> f64 {
        (self.blocks as f64 / (self.blocks as f64 - 1.0)).sqrt()
    }

    fn quantile(&self, level: f64) -> f64 {
        let at = level * (self.values.len() - 1) as f64;
        let (below, part) = (at.floor() as usize, at.fract());
        let above = (below + 1).min(self.values.len() - 1);
        self.values[below] + part * (self.values[above] - self.values[below])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(values: impl Iterator<Item = f64>, blocks: usize) -> Resampled {
        let values: Vec<Option<f64>> = values.map(Some).collect();
        Resampled::new(values.into_iter(), blocks).unwrap()
    }

    fn bounds(resampled: &Resampled) -> (f64, f64) {
        resampled.interval().bounds().unwrap()
    }

    #[test]
    fn of_many_blocks_the_interval_holds_the_middle_95_percent() {
        let (low, high) = bounds(&resampled((0..=1000).map(f64::from), 1_000_000));
        assert!(
            (low - 25.0).abs() < 0.01 && (high - 975.0).abs() < 0.01,
            "{low} {high}"
        );
    }

    /// t of 4 degrees of freedom is 2.776445, times sqrt(5 / 4) is 3.104160; below that lies 0.000954 of a normal distribution.
    #[test]
    fn of_few_blocks_it_is_wider() {
        let (low, high) = bounds(&resampled((0..=1000).map(f64::from), 5));
        assert!((low - 0.954).abs() < 0.001, "{low}");
        assert!((high - 999.046).abs() < 0.001, "{high}");
    }

    #[test]
    fn the_p_value_is_small_exactly_when_the_interval_leaves_out_0() {
        for blocks in [5, 8, 30, 200] {
            for shift in 0..200 {
                let found = resampled((0..1000).map(|k| f64::from(k - 5 * shift) + 0.5), blocks);
                let (low, high) = bounds(&found);
                let p = found.p_value();
                assert!(p > 0.0 && p <= 1.0);
                // Near the edge a thousandth decides; the two count resamples in ways that differ by one.
                if !((0.04..0.06).contains(&p) || low.abs() < 2.0 || high.abs() < 2.0) {
                    assert_eq!(
                        p < 0.05,
                        low > 0.0 || high < 0.0,
                        "{blocks} {shift}: {p} {low} {high}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_undefined_too_often_has_no_interval() {
        let values = |gaps: usize| (0..100).map(move |k| (k >= gaps).then_some(k as f64));
        let taken = |gaps| Resampled::new(values(gaps).collect::<Vec<_>>().into_iter(), 9).map(|_| ());
        assert_eq!(taken(5), Ok(()));
        assert_eq!(taken(6), Err(IntervalUnset::Undefined));
        assert_eq!(taken(100), Err(IntervalUnset::Undefined));
    }
}
