//! Percentiles.

/// Percentiles of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percentiles {
    /// Half are at most this.
    pub p50: f64,
    /// 95 of 100 are at most this.
    pub p95: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// The size of the sample.
    pub samples: usize,
}

impl Percentiles {
    /// By nearest rank: each is a value of the sample. NaN of none.
    pub(crate) fn of(mut sample: Vec<f64>) -> Self {
        sample.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let rank = (share * sample.len() as f64).ceil() as usize;
            sample.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
        };
        Self {
            p50: rank(0.50),
            p95: rank(0.95),
            p99: rank(0.99),
            samples: sample.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_value_at_its_nearest_rank() {
        let of = Percentiles::of((1..=200).rev().map(f64::from).collect());
        assert_eq!((of.p50, of.p95, of.p99, of.samples), (100.0, 190.0, 198.0, 200));
        assert!(Percentiles::of(Vec::new()).p99.is_nan());
    }
}
