//! Numbers to foresee as whole ones.

/// Whole numbers in `unit`s from a mean. No sum over as many rows as there are, each however often, leaves 62 bits and a sign.
pub(super) struct Fixed {
    pub(super) numbers: Vec<i64>,
    /// A power of 2.
    pub(super) unit: f64,
    pub(super) mean: f64,
}

/// A sum may grow as large.
const ROOM: f64 = (1u64 << 61) as f64;

impl Fixed {
    /// Of finite targets, of which some lie apart from `mean`.
    pub(super) fn of(targets: &[f32], mean: f64) -> Self {
        let apart = |target: &f32| f64::from(*target) - mean;
        let most = targets
            .iter()
            .map(|target| apart(target).abs())
            .fold(0.0, f64::max);
        let unit = above(most * targets.len() as f64 / ROOM);
        Self {
            numbers: targets
                .iter()
                .map(|target| (apart(target) / unit).round() as i64)
                .collect(),
            unit,
            mean,
        }
    }
}

/// The least power of 2 above `x`, which is positive and neither very large nor very small.
pub(crate) fn above(x: f64) -> f64 {
    f64::from_bits(((x.to_bits() >> 52) + 1) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_sums_their_room() {
        let targets = [1.0f32, -3.0, 1e-6, 1000.0, f32::MIN_POSITIVE];
        let mean = 200.0;
        let fixed = Fixed::of(&targets, mean);
        for (number, target) in fixed.numbers.iter().zip(targets) {
            let back = mean + fixed.unit * *number as f64;
            assert!(
                (back - f64::from(target)).abs() < 1e-12,
                "{target} came back as {back}"
            );
        }
        let most = fixed.numbers.iter().map(|n| n.unsigned_abs()).max().unwrap();
        assert!(most * 5 <= 1 << 62 && most * 5 > 1 << 59, "{most}");
    }

    #[test]
    fn a_power_of_two_lies_just_above() {
        for (x, expected) in [(1.0, 2.0), (1.5, 2.0), (0.3, 0.5), (1e-300, 2f64.powi(-996))] {
            assert_eq!(above(x), expected);
        }
    }
}
