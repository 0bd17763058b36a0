//! Spans of time as text: `200ms`, `10s`, `5m`, `2h`, `1d`.

use serde::{Deserialize, Deserializer, Serializer, de};
use std::time::Duration;

/// Unit and its milliseconds, the longest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a whole number with a unit. None for anything else, also for more than a u64 of milliseconds.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let scale = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(scale)
        .map(Duration::from_millis)
}

/// The shortest text that [`parse`] reads back: the longest unit that divides the span.
pub(super) fn format(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let (unit, scale) = UNITS
        .iter()
        .find(|(_, scale)| millis >= *scale && millis % scale == 0)
        .unwrap_or(&("ms", 1));
    format!("{}{unit}", millis / scale)
}

pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*span))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| {
        de::Error::custom(format!(
            "`{text}` is not a span of time such as 200ms, 10s, 5m or 2h"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_survives_being_written_and_read() {
        for text in ["0ms", "1ms", "200ms", "10s", "90s", "5m", "2h", "1d"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(format(Duration::from_secs(3600)), "1h");
    }

    #[test]
    fn a_number_without_unit_is_no_span() {
        for text in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "10 s",
            "1w",
            "99999999999999999999s",
            "9999999999999999d",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
