//! The best rising function: Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass probability
//! estimates".

use serde::{Deserialize, Serialize};

/// A rising function by its corners, straight between them and level beyond (as scikit-learn's `IsotonicRegression` with
/// `out_of_bounds="clip"`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Scores of the corners, strictly rising; at least one.
    scores: Vec<f64>,
    /// Probabilities there, never falling.
    values: Vec<f64>,
}

/// Rows whose values were pooled.
#[derive(Debug, Clone, Copy)]
struct Pool {
    first: f64,
    last: f64,
    rows: f64,
    positives: f64,
}

impl Pool {
    fn value(&self) -> f64 {
        self.positives / self.rows
    }
}

impl Isotonic {
    /// Pools neighbours that fall until none does (Ayer et al. 1955, "pool adjacent violators"); rows of one score are one
    /// point. `labels` are 0 or 1, no score is NaN, and there is at least one.
    pub(super) fn fit(labels: &[u8], scores: &[f64]) -> Self {
        let mut rows: Vec<(f64, f64)> = scores
            .iter()
            .zip(labels)
            .map(|(&score, &label)| (score, f64::from(u8::from(label != 0))))
            .collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let points = rows.chunk_by(|a, b| a.0 == b.0).map(|tied| Pool {
            first: tied[0].0,
            last: tied[0].0,
            rows: tied.len() as f64,
            positives: tied.iter().map(|row| row.1).sum(),
        });
        Self::of(pooled(points))
    }

    /// The corners: where a pool begins and where it ends.
    fn of(pools: Vec<Pool>) -> Self {
        let mut made = Self {
            scores: Vec::with_capacity(2 * pools.len()),
            values: Vec::with_capacity(2 * pools.len()),
        };
        for pool in pools {
            made.scores.push(pool.first);
            made.values.push(pool.value());
            if pool.last > pool.first {
                made.scores.push(pool.last);
                made.values.push(pool.value());
            }
        }
        made
    }

    /// Scores of the corners, strictly rising; at least one.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The probabilities at the corners, never falling.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn apply(&self, score: f64) -> f64 {
        if score.is_nan() {
            return f64::NAN;
        }
        let above = self.scores.partition_point(|corner| *corner <= score);
        if above == 0 {
            return self.values[0];
        }
        let (x, y) = (self.scores[above - 1], self.values[above - 1]);
        match self.scores.get(above) {
            None => y,
            Some(next) => (y + (self.values[above] - y) * ((score - x) / (next - x))).min(self.values[above]),
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        let probability = |value: &f64| (0.0..=1.0).contains(value);
        !self.scores.is_empty()
            && self.scores.len() == self.values.len()
            && self.scores.iter().all(|score| score.is_finite())
            && self.scores.windows(2).all(|pair| pair[0] < pair[1])
            && self.values.is_sorted()
            && self.values.iter().all(probability)
    }
}

fn pooled(points: impl Iterator<Item = Pool>) -> Vec<Pool> {
    let mut pools: Vec<Pool> = Vec::new();
    for mut pool in points {
        while let Some(before) = pools.pop_if(|before| before.value() >= pool.value()) {
            pool = Pool {
                first: before.first,
                last: pool.last,
                rows: before.rows + pool.rows,
                positives: before.positives + pool.positives,
            };
        }
        pools.push(pool);
    }
    pools
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::generated;
    use crate::metrics::{Cut, measure};

    /// scikit-learn: brier 0.134565435356, log loss 0.411216551022, 21 levels.
    #[test]
    fn the_generated_rows_are_fitted_as_by_scikit_learn() {
        let (labels, scores) = generated();
        let fitted = Isotonic::fit(&labels, &scores);
        let after: Vec<f64> = scores.iter().map(|&score| fitted.apply(score)).collect();
        let m = measure(&labels, &after, Cut::None);
        assert!(
            (m.brier.unwrap() - 0.134_565_435_356).abs() < 1e-12,
            "{:?}",
            m.brier
        );
        assert!(
            (m.log_loss.unwrap() - 0.411_216_551_022).abs() < 1e-12,
            "{:?}",
            m.log_loss
        );
        let mut levels = after;
        levels.sort_unstable_by(f64::total_cmp);
        levels.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
        assert_eq!(levels.len(), 21);
    }

    /// scikit-learn: [1, 3, 2, 4, 3.5] becomes [1, 2.5, 2.5, 3.75, 3.75].
    #[test]
    fn neighbours_that_fall_are_pooled() {
        let points = [1.0, 3.0, 2.0, 4.0, 3.5]
            .into_iter()
            .enumerate()
            .map(|(k, value)| Pool {
                first: k as f64,
                last: k as f64,
                rows: 1.0,
                positives: value,
            });
        let fitted = Isotonic::of(pooled(points));
        let values: Vec<f64> = (0..5).map(|k| fitted.apply(f64::from(k))).collect();
        assert_eq!(values, [1.0, 2.5, 2.5, 3.75, 3.75]);
    }

    #[test]
    fn between_two_corners_the_function_is_straight_and_beyond_the_last_it_is_level() {
        let fitted = Isotonic::fit(&[0, 1], &[0.2, 0.6]);
        for (score, value) in [
            (0.0, 0.0),
            (0.2, 0.0),
            (0.3, 0.25),
            (0.4, 0.5),
            (0.6, 1.0),
            (1.0, 1.0),
        ] {
            assert!((fitted.apply(score) - value).abs() < 1e-15, "{score}");
        }
        assert!(fitted.apply(f64::NAN).is_nan());
    }

    #[test]
    fn what_no_fit_can_give_is_not_sound() {
        let sound = |scores: &[f64], values: &[f64]| {
            Isotonic {
                scores: scores.to_vec(),
                values: values.to_vec(),
            }
            .is_sound()
        };
        assert!(sound(&[0.1, 0.2], &[0.0, 1.0]));
        assert!(!sound(&[], &[]), "no corner");
        assert!(!sound(&[0.1], &[0.0, 1.0]), "not a value for each");
        assert!(!sound(&[0.2, 0.1], &[0.0, 1.0]), "scores fall");
        assert!(!sound(&[0.1, 0.2], &[1.0, 0.0]), "values fall");
        assert!(!sound(&[0.1, 0.2], &[0.0, 1.5]), "no probability");
        assert!(!sound(&[f64::NAN], &[0.5]), "no number");
    }
}
