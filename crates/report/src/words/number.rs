//! How numbers and times are written. What is unknown is a dash, never 0.

use chrono::{DateTime, Utc};
use mltraining_domain::{Interval, IntervalUnset, Span};

/// What stands for a number that is undefined or unknown.
pub(crate) const UNSET: &str = "–";

/// `0.731`
pub(crate) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| UNSET.to_owned(), |value| format!("{value:.3}"))
}

/// `0.0731`, where three digits would hide what matters.
pub(crate) fn fine(value: Option<f64>) -> String {
    value.map_or_else(|| UNSET.to_owned(), |value| format!("{value:.4}"))
}

/// `+0.029` or `−0.010`
pub(crate) fn signed(value: Option<f64>) -> String {
    let Some(value) = value else {
        return UNSET.to_owned();
    };
    let text = format!("{:.3}", value.abs());
    match value {
        _ if text == "0.000" => text,
        v if v < 0.0 => format!("\u{2212}{text}"),
        _ => format!("+{text}"),
    }
}

/// `0.00731`, `1203`: four digits, of an error in the unit of its label.
pub(crate) fn size(value: Option<f64>) -> String {
    let Some(value) = value else {
        return UNSET.to_owned();
    };
    let power = if value == 0.0 {
        0
    } else {
        value.abs().log10().floor() as i32
    };
    match power {
        -5..=5 => {
            let text = format!("{value:.*}", (3 - power).max(0) as usize);
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
        _ => format!("{value:.3e}"),
    }
}

/// `12.3 %`
pub(crate) fn share(value: Option<f64>) -> String {
    let Some(value) = value else {
        return UNSET.to_owned();
    };
    let percent = value * 100.0;
    match percent.abs() {
        p if p >= 10.0 => format!("{percent:.1} %"),
        p if p >= 0.1 || p == 0.0 => format!("{percent:.2} %"),
        _ => format!("{percent:.3} %"),
    }
}

/// The share that some are of all; `None` without any.
pub(crate) fn part(of: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| of as f64 / all as f64)
}

/// `3.4×`
pub(crate) fn times(value: Option<f64>) -> String {
    value.map_or_else(|| UNSET.to_owned(), |value| format!("{value:.1}×"))
}

/// `1,234,567`
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 fold`, `5 folds`
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    let what = if value == 1 { one } else { many };
    format!("{} {what}", count(value))
}

/// `0.701 to 0.755`, or why there is none.
pub(crate) fn interval(found: Interval) -> String {
    match found {
        Interval::Between { low, high } => format!("{} to {}", number(low), number(high)),
        Interval::Unset(IntervalUnset::TooFewBlocks) => "no interval: too few days of test".to_owned(),
        Interval::Unset(IntervalUnset::Undefined) => "no interval: a class is missing or rare".to_owned(),
    }
}

/// The same of what is measured on numbers.
pub(crate) fn interval_of_numbers(found: Interval, write: fn(f64) -> String) -> String {
    match found {
        Interval::Between { low, high } => format!("{} to {}", write(low), write(high)),
        Interval::Unset(IntervalUnset::TooFewBlocks) => interval(found),
        Interval::Unset(IntervalUnset::Undefined) => {
            "no interval: some draws hold one number alone".to_owned()
        }
    }
}

fn number(value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    if value < 0.0 && text != "0.000" {
        format!("\u{2212}{text}")
    } else {
        text
    }
}

/// `p = 0.012`, `p < 0.001`
pub(crate) fn p_value(value: f64) -> String {
    if value < 0.001 {
        "p\u{a0}<\u{a0}0.001".to_owned()
    } else {
        format!("p\u{a0}=\u{a0}{value:.3}")
    }
}

/// `2026-01-31 13:05`, in UTC, with seconds only where there are some.
pub(crate) fn instant(time: DateTime<Utc>) -> String {
    let whole = time.timestamp_micros() % 60_000_000 == 0;
    let form = if whole {
        "%Y-%m-%d %H:%M"
    } else {
        "%Y-%m-%d %H:%M:%S"
    };
    time.format(form).to_string()
}

/// `2026-01-31`
pub(crate) fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

/// `10 minutes`
pub(crate) fn span(span: Span) -> String {
    let text = span.to_string();
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (value, unit) = text.split_at(digits);
    let unit = match unit {
        "d" => "day",
        "h" => "hour",
        "m" => "minute",
        "s" => "second",
        "ms" => "millisecond",
        _ => "microsecond",
    };
    let many = if value == "1" { "" } else { "s" };
    format!("{value} {unit}{many}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people_and_what_is_unknown_is_no_zero() {
        assert_eq!(
            [score(None), fine(None), signed(None), share(None), times(None)],
            [UNSET; 5]
        );
        assert_eq!(
            [signed(Some(0.0294)), signed(Some(-0.01)), signed(Some(-0.0001))],
            ["+0.029", "−0.010", "0.000"]
        );
        assert_eq!(
            [share(Some(0.1234)), share(Some(0.0123)), share(Some(0.0001))],
            ["12.3 %", "1.23 %", "0.010 %"]
        );
        assert_eq!(
            [count(0), count(999), count(1_000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            counted(1, "fold", "folds") + &counted(2, "fold", "folds"),
            "1 fold2 folds"
        );
        assert_eq!(
            [p_value(0.0002), p_value(0.0124)],
            ["p\u{a0}<\u{a0}0.001", "p\u{a0}=\u{a0}0.012"]
        );
        assert_eq!(
            interval(Interval::Between {
                low: -0.0123,
                high: 0.5
            }),
            "−0.012 to 0.500"
        );
    }

    #[test]
    fn errors_are_written_to_four_digits_whatever_their_unit() {
        let written =
            [0.0, 0.007312345, 1.5, 1203.44, 123456.7, 1.25e-9, -0.25].map(|value| size(Some(value)));
        assert_eq!(
            written,
            ["0", "0.007312", "1.5", "1203", "123457", "1.250e-9", "-0.25"]
        );
        assert_eq!(size(None), UNSET);
    }

    #[test]
    fn spans_and_times_are_written_out() {
        let of = |text: &str| span(text.parse().unwrap());
        assert_eq!(
            [of("10m"), of("1d"), of("36h"), of("1s")],
            ["10 minutes", "1 day", "36 hours", "1 second"]
        );
        let time = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        assert_eq!([instant(time), day(time)], ["2026-01-01 00:00", "2026-01-01"]);
    }
}
