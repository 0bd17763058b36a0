//! `numeric` in binary form to the nearest `f64`.
//!
//! The form: digits to base 10,000, most significant first, with the weight of the first, a sign and a display scale
//! (`numeric_send` in PostgreSQL's `src/backend/utils/adt/numeric.c`).

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const POSITIVE_INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// Powers of ten that an `f64` holds exactly.
const EXACT_TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];
/// Whole numbers below this are exact in an `f64`.
const EXACT_WHOLE: u64 = 1 << 53;

/// The nearest `f64`, ties to even; `None` when the bytes are no numeric. NaN is NaN; values beyond `f64` are infinite.
pub(super) fn to_f64(bytes: &[u8]) -> Option<f64> {
    let (head, digits) = bytes.split_at_checked(8)?;
    let field = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let weight = i32::from(field(2).cast_signed());
    let sign = match field(4) {
        POSITIVE => 1.0,
        NEGATIVE => -1.0,
        NAN => return Some(f64::NAN),
        POSITIVE_INFINITY => return Some(f64::INFINITY),
        NEGATIVE_INFINITY => return Some(f64::NEG_INFINITY),
        _ => return None,
    };
    if digits.len() != usize::from(field(0)) * 2 {
        return None;
    }
    Some(sign * magnitude(digits, weight)?)
}

/// The value of big-endian base-10,000 digits, the first of which counts 10,000^weight.
fn magnitude(digits: &[u8], weight: i32) -> Option<f64> {
    let mut whole: u64 = 0;
    let mut exponent = (weight + 1) * 4;
    for pair in digits.chunks_exact(2) {
        let digit = u64::from(u16::from_be_bytes([pair[0], pair[1]]));
        if digit > 9999 {
            return None;
        }
        let Some(next) = whole.checked_mul(10_000).and_then(|w| w.checked_add(digit)) else {
            return by_text(digits, weight);
        };
        whole = next;
        exponent -= 4;
    }
    // Both factors are exact, so the one rounding of the operation is the right one (Clinger 1990).
    while whole != 0 && whole.is_multiple_of(10) && (whole >= EXACT_WHOLE || exponent < 0) {
        whole /= 10;
        exponent += 1;
    }
    if whole >= EXACT_WHOLE {
        return by_text(digits, weight);
    }
    match exponent {
        0..=22 => Some(whole as f64 * EXACT_TENS[exponent.unsigned_abs() as usize]),
        -22..=-1 => Some(whole as f64 / EXACT_TENS[exponent.unsigned_abs() as usize]),
        _ if whole == 0 => Some(0.0),
        _ => by_text(digits, weight),
    }
}

/// More than an `f64` can do in one exact step: rare, and left to the standard library's correctly rounding parser.
fn by_text(digits: &[u8], weight: i32) -> Option<f64> {
    use std::fmt::Write;
    let mut text = String::with_capacity(digits.len() * 2 + 12);
    for pair in digits.chunks_exact(2) {
        write!(text, "{:04}", u16::from_be_bytes([pair[0], pair[1]])).ok()?;
    }
    let count = i32::try_from(digits.len() / 2).ok()?;
    write!(text, "e{}", (weight + 1 - count) * 4).ok()?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::to_f64;
    use proptest::prelude::*;

    /// The binary form of a plain decimal such as `-12.50`, as Postgres sends it (leading and trailing zero groups cut).
    fn binary(text: &str) -> Vec<u8> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole = format!("{}{whole}", "0".repeat((4 - whole.len() % 4) % 4));
        let padded = format!("{fraction}{}", "0".repeat((4 - fraction.len() % 4) % 4));
        let mut weight = i16::try_from(whole.len() / 4).unwrap() - 1;
        let all = format!("{whole}{padded}");
        let mut groups: Vec<u16> = (0..all.len() / 4)
            .map(|i| all[i * 4..i * 4 + 4].parse().unwrap())
            .collect();
        while groups.first() == Some(&0) {
            groups.remove(0);
            weight -= 1;
        }
        while groups.last() == Some(&0) {
            groups.pop();
        }
        let sign: u16 = if negative && !groups.is_empty() { 0x4000 } else { 0 };
        let mut bytes = Vec::new();
        for field in [
            u16::try_from(groups.len()).unwrap(),
            if groups.is_empty() {
                0
            } else {
                weight.cast_unsigned()
            },
            sign,
            u16::try_from(fraction.len()).unwrap(),
        ] {
            bytes.extend_from_slice(&field.to_be_bytes());
        }
        groups
            .iter()
            .for_each(|group| bytes.extend_from_slice(&group.to_be_bytes()));
        bytes
    }

    #[test]
    fn known_numbers_are_read() {
        for text in [
            "0",
            "1",
            "-1",
            "0.1",
            "10000",
            "9999.9999",
            "0.000000012345678901",
            "95123.12",
            "-0.5",
            "123456789012345678",
            "9007199254740993",
            "9007199254740992.5",
            "0.123456789012345678",
            "123456789012.123456789012345678",
            "1000000000000000000000000000000",
            "0.000000000000000001",
            "179769313486231570000",
        ] {
            assert_eq!(to_f64(&binary(text)), Some(text.parse().unwrap()), "{text}");
        }
        let special = |sign: u16| to_f64(&[[0, 0, 0, 0].as_slice(), &sign.to_be_bytes(), &[0, 0]].concat());
        assert!(special(0xC000).unwrap().is_nan());
        assert_eq!(special(0xD000), Some(f64::INFINITY));
        assert_eq!(special(0xF000), Some(f64::NEG_INFINITY));
    }

    #[test]
    fn what_is_no_numeric_is_refused() {
        let good = binary("12345.678");
        for cut in 0..good.len() {
            assert_eq!(to_f64(&good[..cut]), None, "{cut} bytes");
        }
        let mut bad_digit = good.clone();
        bad_digit[8..10].copy_from_slice(&10_000_u16.to_be_bytes());
        assert_eq!(to_f64(&bad_digit), None);
        let mut bad_sign = good;
        bad_sign[4] = 0x11;
        assert_eq!(to_f64(&bad_sign), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn any_decimal_is_read_as_its_text_is(text in "-?[0-9]{1,20}(\\.[0-9]{1,24})?") {
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(to_f64(&binary(&text)), Some(if expected == 0.0 { 0.0 } else { expected }));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = to_f64(&bytes);
        }
    }
}
