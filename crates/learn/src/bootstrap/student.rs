//! The normal and Student's distribution, as far as intervals of few blocks need them.

use std::f64::consts::PI;

/// Beyond this the series of the normal distribution loses its digits; nothing of 1,000 resamples lies there.
const FARTHEST: f64 = 7.0;

/// P(Z <= x) of the standard normal distribution (Marsaglia 2004, "Evaluating the normal distribution", its series).
pub(super) fn normal_cdf(x: f64) -> f64 {
    if x.abs() > FARTHEST {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term) = (x, x);
    for odd in (3..400).step_by(2) {
        term *= x * x / f64::from(odd);
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// P(T <= t) of Student's distribution with a whole number of degrees of freedom, at least 1 (Abramowitz and Stegun 1964,
/// 26.7.3 and 26.7.4).
pub(super) fn student_cdf(t: f64, freedom: u64) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    let squared = cos * cos;
    let (mut term, mut sum, first) = match freedom.is_multiple_of(2) {
        true => (1.0, 1.0, 2),
        false => (cos, cos, 3),
    };
    for k in (first..freedom.saturating_sub(1)).step_by(2) {
        term *= squared * (k - 1) as f64 / k as f64;
        sum += term;
    }
    let within = match (freedom.is_multiple_of(2), freedom) {
        (true, _) => sin * sum,
        (false, 1) => 2.0 * angle / PI,
        (false, _) => 2.0 / PI * (angle + sin * sum),
    };
    0.5 + within / 2.0
}

/// The x at which a rising function reaches `target`, found between -`FARTHEST`² and `FARTHEST`² by halving.
pub(super) fn inverse(target: f64, rising: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-FARTHEST * FARTHEST, FARTHEST * FARTHEST);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if rising(middle) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_069),
            (1.959_963_984_54, 0.975),
            (-3.0, 0.001_349_898_032),
        ] {
            assert!((normal_cdf(x) - p).abs() < 1e-12, "{x}");
        }
        assert_eq!((normal_cdf(9.0), normal_cdf(-9.0)), (1.0, 0.0));
        assert!((inverse(0.975, normal_cdf) - 1.959_963_984_54).abs() < 1e-10);
    }

    /// Critical values of the usual tables.
    #[test]
    fn students_distribution_is_that_of_the_tables() {
        let two_sided = [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (4, 2.776_445_105),
            (5, 2.570_581_836),
            (29, 2.045_229_642),
        ];
        for (freedom, t) in two_sided {
            assert!((student_cdf(t, freedom) - 0.975).abs() < 1e-9, "{freedom}");
            assert!((student_cdf(-t, freedom) - 0.025).abs() < 1e-9, "{freedom}");
        }
        assert!((inverse(0.975, |t| student_cdf(t, 4)) - 2.776_445_105).abs() < 1e-8);
        assert!((student_cdf(1.96, 1_000_000) - normal_cdf(1.96)).abs() < 1e-6);
    }
}
