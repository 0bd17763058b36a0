//! Numbers as people read them. What is undefined is shown as such, never as 0.

use super::UNKNOWN;

/// A count with its thousands parted: `34,515`.
pub(crate) fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 8);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match value < 0 {
        true => format!("-{text}"),
        false => text,
    }
}

/// A count of things: `1 entity`, `6 entities`.
pub(crate) fn counted(value: i64, one: &str, many: &str) -> String {
    match value {
        1 => format!("1 {one}"),
        value => format!("{} {many}", count(value)),
    }
}

/// A metric with three decimals: `0.735`.
pub(crate) fn metric(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.3}"))
}

/// A difference with its sign: `+0.082`.
pub(crate) fn signed(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:+.3}"))
}

/// Any number with four significant digits: `0.01234`, `1234`, `1.234e-8`.
pub(crate) fn value(value: Option<f64>) -> String {
    let Some(value) = value else {
        return UNKNOWN.to_owned();
    };
    let size = value.abs();
    match size {
        _ if size == 0.0 => "0".to_owned(),
        _ if (1e-3..1e6).contains(&size) => {
            let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
            let text = format!("{value:.decimals$}");
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            }
        }
        _ => format!("{value:.3e}"),
    }
}

/// A ratio in percent: `14.2 %`, with more digits when it is small.
pub(crate) fn share(value: Option<f64>) -> String {
    match value {
        None => UNKNOWN.to_owned(),
        Some(value) if value != 0.0 && value.abs() < 0.001 => format!("{:.3} %", value * 100.0),
        Some(value) => format!("{:.1} %", value * 100.0),
    }
}

/// A number of bytes: `512 B`, `1.2 MiB`.
pub(crate) fn bytes(value: i64) -> String {
    let mut rest = value as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if rest.abs() < 1024.0 {
            return match unit {
                "B" => format!("{value} B"),
                unit => format!("{rest:.1} {unit}"),
            };
        }
        rest /= 1024.0;
    }
    format!("{rest:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!(
            [0, 7, 999, 1000, 34_515, -1_234_567].map(count),
            ["0", "7", "999", "1,000", "34,515", "-1,234,567"]
        );
        assert_eq!(
            [512, 2048, 1_258_291, 5 << 40].map(bytes),
            ["512 B", "2.0 KiB", "1.2 MiB", "5.0 TiB"]
        );
        assert_eq!(
            [1, 2000].map(|n| counted(n, "row", "rows")),
            ["1 row", "2,000 rows"]
        );
        assert_eq!(share(Some(0.1424)), "14.2 %");
        assert_eq!(share(Some(0.00042)), "0.042 %");
        assert_eq!(signed(Some(0.0824)), "+0.082");
    }

    #[test]
    fn any_number_has_four_digits_that_say_something() {
        assert_eq!(
            [
                0.0,
                0.5,
                -0.012_345,
                1.0,
                99.999,
                1234.56,
                999_999.0,
                1e6,
                1.234_567e-8
            ]
            .map(|x| value(Some(x))),
            [
                "0", "0.5", "-0.01235", "1", "100", "1235", "999999", "1.000e6", "1.235e-8"
            ]
        );
    }

    #[test]
    fn what_is_undefined_is_never_shown_as_zero() {
        assert_eq!(
            [metric(None), share(None), signed(None), value(None)],
            ["–", "–", "–", "–"]
        );
    }
}
