//! Correlations over the rows where both numbers are known.

use mltraining_learn::metrics::average_ranks;

/// With fewer rows, chance makes numbers go together.
pub(crate) const ENOUGH: usize = 50;

/// Pearson's correlation; `None` when one of the numbers is constant or there are none.
pub(crate) fn pearson(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let (mut n, mut x, mut y) = (0.0, 0.0, 0.0);
    for (a, b) in pairs.clone() {
        (n, x, y) = (n + 1.0, x + a, y + b);
    }
    let (x, y) = (x / n, y / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - x, b - y);
        (xx, yy, xy) = (xx + a * a, yy + b * b, xy + a * b);
    }
    let scale = (xx * yy).sqrt();
    (scale > 0.0 && scale.is_finite()).then(|| (xy / scale).clamp(-1.0, 1.0))
}

/// Spearman's correlation: that of the ranks, ties sharing their mean.
pub(crate) fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let ranks = |of: fn(&(f64, f64)) -> f64| average_ranks(&pairs.iter().map(of).collect::<Vec<_>>());
    let (x, y) = (ranks(|pair| pair.0), ranks(|pair| pair.1));
    pearson(x.into_iter().zip(y))
}

/// The larger of both, without its sign; `None` from fewer than [`ENOUGH`] pairs, or when one of the numbers is constant.
pub(crate) fn closeness(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < ENOUGH {
        return None;
    }
    let found = [pearson(pairs.iter().copied()), spearman(pairs)]
        .into_iter()
        .flatten();
    found.map(f64::abs).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_are_those_of_the_definitions() {
        // By hand: 12 / sqrt(5 x 41) and, of the ranks, 4.5 / sqrt(5 x 4.5).
        let pairs = [(1.0, 1.0), (2.0, 2.0), (3.0, 2.0), (4.0, 9.0)];
        let (x, y) = (2.5, 3.5);
        let xy: f64 = pairs.iter().map(|(a, b)| (a - x) * (b - y)).sum();
        let expected = xy / (5.0_f64 * 41.0).sqrt();
        assert!((pearson(pairs.into_iter()).unwrap() - expected).abs() < 1e-12);
        assert!((spearman(&pairs).unwrap() - 0.9_f64.sqrt()).abs() < 1e-12);
        assert_eq!(
            pearson([(1.0, 1.0), (1.0, 2.0)].into_iter()),
            None,
            "a constant goes with nothing"
        );
        assert_eq!(closeness(&pairs), None, "four rows say nothing");
    }

    #[test]
    fn a_curve_that_only_rises_is_as_close_as_a_line() {
        let curve: Vec<(f64, f64)> = (0..100).map(f64::from).map(|x| (x, -(x / 10.0).exp())).collect();
        assert!(pearson(curve.iter().copied()).unwrap().abs() < 0.8);
        assert_eq!(closeness(&curve), Some(1.0));
    }
}
