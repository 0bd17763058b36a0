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

/// ln(x) for x above 0 and finite: the exponent and the series of [`ln_1_plus`] for what is left of it.
pub(crate) fn ln(x: f64) -> f64 {
    let (x, scaled) = if x < f64::MIN_POSITIVE {
        (x * 2f64.powi(54), 54)
    } else {
        (x, 0)
    };
    let exponent = (x.to_bits() >> 52) as i32 - 1023;
    let mantissa = f64::from_bits(x.to_bits() & !(0x7ff << 52) | 1023 << 52);
    f64::from(exponent - scaled) * LN_2 + ln_1_plus(mantissa - 1.0)
}

/// 1 / (1 + exp(-z)).
#[inline]
pub(crate) fn logistic(z: f64) -> f64 {
    let u = exp_negative(-z.abs());
    let low = u / (1.0 + u);
    if z < 0.0 { low } else { 1.0 - low }
}

/// (logistic(z), ln(1 + exp(z))).
#[inline]
pub(crate) fn logistic_and_softplus(z: f64) -> (f64, f64) {
    let u = exp_negative(-z.abs());
    let low = u / (1.0 + u);
    let p = if z < 0.0 { low } else { 1.0 - low };
    (p, z.max(0.0) + ln_1_plus(u))
}

/// [`ROUND`] for f32, and numbers below 2^22.
const ROUND_SINGLE: f32 = 12_582_912.0;

/// 1 / (1 + exp(-z)) in f32, to about 1e-7: where a sum of many is wanted and each may be off by that.
#[inline]
pub(crate) fn logistic_single(z: f32) -> f32 {
    let x = (-z.abs()).max(-80.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND_SINGLE;
    let r = x - (rounded - ROUND_SINGLE) * std::f32::consts::LN_2;
    let mut sum = 1.0f32 / 5040.0;
    for factorial in [720.0f32, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        sum = sum * r + 1.0 / factorial;
    }
    let u = sum * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    let low = u / (1.0 + u);
    if z < 0.0 { low } else { 1.0 - low }
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
    fn the_logarithm_agrees_with_the_platform() {
        for x in [1e-300, 3e-320, 1e-9, 0.1, 0.5, 1.0, 1.5, 2.0, 9.0, 1e12, f64::MAX] {
            assert!(
                (ln(x) - x.ln()).abs() <= 1e-15 * x.ln().abs().max(1.0),
                "ln({x}) = {}",
                ln(x)
            );
        }
    }

    #[test]
    fn the_logistic_function_of_single_precision_is_the_same_to_seven_digits() {
        for i in -4000..=4000 {
            let z = i as f32 * 0.01 + 1e-3;
            let (found, exact) = (f64::from(logistic_single(z)), logistic(f64::from(z)));
            assert!(
                (found - exact).abs() <= 1.5e-7,
                "logistic({z}) = {found}, not {exact}"
            );
            let tail = z > 0.0 || (found - exact).abs() <= 3e-6 * exact;
            assert!(tail, "logistic({z}) = {found}, not {exact}");
        }
        assert!(logistic_single(-1e9) > 0.0 && logistic_single(1e9) <= 1.0);
    }

    #[test]
    fn the_logistic_function_is_symmetric_and_saturates() {
        assert_eq!(logistic(0.0), 0.5);
        assert_eq!(logistic(1e9), 1.0);
        assert!(logistic(-1e9) > 0.0 && logistic(-1e9) < 1e-300);
    }
}
