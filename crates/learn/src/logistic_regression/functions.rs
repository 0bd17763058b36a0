//! The logistic function and its kin in plain arithmetic.
//!
//! The platform's `exp` and `ln` differ in the last bit between machines (libm picks code by processor), and a model has
//! to come out the same everywhere; these also let the compiler work on several rows at once.

use std::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// Adding this to a number below 2^51 rounds it to a whole one, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has its low 32 bits free, so that a product with a small whole number is exact
/// (Cody and Waite 1980).
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// exp(x) for -700 <= x <= 0 (below: exp(-700)), to about 1 unit in the last place: 2^k exp(r), |r| <= ln 2 / 2, with
/// the Taylor series of exp(r).
#[inline]
fn exp_negative(x: f64) -> f64 {
    let x = x.max(-700.0);
    let rounded = x * LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for factorial in [
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
        1.0,
        1.0,
    ] {
        sum = sum * r + 1.0 / factorial;
    }
    let exponent = rounded.to_bits().wrapping_add(1023) << 52;
    sum * f64::from_bits(exponent)
}

/// ln(1 + u) for 0 <= u <= 1, from the series 2 (s + s^3 / 3 + s^5 / 5 + ..) of ln((1 + s) / (1 - s)).
#[inline]
fn ln_1_plus(u: f64) -> f64 {
    let large = u > SQRT_2 - 1.0;
    let (base, offset) = if large { (SQRT_2, LN_2 / 2.0) } else { (1.0, 0.0) };
    let s = ((1.0 - base) + u) / ((1.0 + base) + u);
    let square = s * s;
    let mut sum = 1.0 / 23.0;
    for odd in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = sum * square + 1.0 / odd;
    }
    offset + 2.0 * s * sum
}

/// 1 / (1 + exp(-z)).
#[inline]
pub(super) fn logistic(z: f64) -> f64 {
    let u = exp_negative(-z.abs());
    let low = u / (1.0 + u);
    if z < 0.0 { low } else { 1.0 - low }
}

/// (logistic(z), ln(1 + exp(z))).
#[inline]
pub(super) fn logistic_and_softplus(z: f64) -> (f64, f64) {
    let u = exp_negative(-z.abs());
    let low = u / (1.0 + u);
    let p = if z < 0.0 { low } else { 1.0 - low };
    (p, z.max(0.0) + ln_1_plus(u))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_agree_with_the_platform_to_the_last_digits() {
        for i in -80_000..=80_000 {
            let z = f64::from(i) * 0.01 + 1e-4;
            let (p, softplus) = logistic_and_softplus(z);
            let u = (-z.abs()).exp();
            let expected = if z < 0.0 { u / (1.0 + u) } else { 1.0 / (1.0 + u) };
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-15 * b.abs().max(1e-280);
            assert!(close(p, expected), "logistic({z}) = {p}, not {expected}");
            assert!(
                close(softplus, z.max(0.0) + u.ln_1p()),
                "softplus({z}) = {softplus}"
            );
            assert_eq!(logistic(z), p);
        }
    }

    #[test]
    fn the_logistic_function_is_symmetric_and_saturates() {
        assert_eq!(logistic(0.0), 0.5);
        assert_eq!(logistic(1e9), 1.0);
        assert!(logistic(-1e9) > 0.0 && logistic(-1e9) < 1e-300);
    }
}
