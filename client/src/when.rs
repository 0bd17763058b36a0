//! Instants and lengths of time: as people write them, as the wire holds them, as tables show them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use mltraining_domain::Span;
use mltraining_proto::v1::TimeRange;
use prost_types::{Duration, Timestamp};

const MICROS: i64 = 1_000_000;

/// The first instant after all that the wire can hold, less a day: 9999-12-31.
pub(crate) const END_OF_TIME: Timestamp = Timestamp {
    seconds: 253_402_214_400,
    nanos: 0,
};

/// Reads `2026-01-31`, `2026-01-31 12:30[:00[.5]]` (both UTC) or RFC 3339 with an offset.
///
/// # Errors
/// A text that says what was expected.
pub(crate) fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.to_utc());
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(instant) = NaiveDateTime::parse_from_str(text, form) {
            return Ok(instant.and_utc());
        }
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(instant) = DateTime::parse_from_str(text, form) {
            return Ok(instant.to_utc());
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.and_hms_opt(0, 0, 0))
        .map(|midnight| midnight.and_utc())
        .ok_or_else(|| {
            "expected a time such as 2026-01-31, 2026-01-31T12:30:00Z or 2026-01-31 12:30 (UTC)".to_owned()
        })
}

/// The wire's form of microseconds since 1970.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    Timestamp {
        seconds: micros.div_euclid(MICROS),
        nanos: (micros.rem_euclid(MICROS) * 1000) as i32,
    }
}

/// The wire's form of an instant that may not have been said.
pub(crate) fn instant(at: Option<DateTime<Utc>>) -> Option<Timestamp> {
    at.map(|at| timestamp(at.timestamp_micros()))
}

/// Microseconds since 1970 of the wire's form.
pub(crate) fn micros(at: &Timestamp) -> i64 {
    at.seconds
        .saturating_mul(MICROS)
        .saturating_add(i64::from(at.nanos) / 1000)
}

/// The wire's form of a length of time.
pub(crate) fn duration(span: Span) -> Duration {
    Duration {
        seconds: span.micros() / MICROS,
        nanos: (span.micros() % MICROS * 1000) as i32,
    }
}

/// The span of the wire's form; `None` for a negative one.
pub(crate) fn span(length: &Duration) -> Option<Span> {
    let micros = length
        .seconds
        .checked_mul(MICROS)?
        .checked_add(i64::from(length.nanos) / 1000)?;
    Span::from_micros(micros)
}

/// `2026-01-31 12:30:05`, without the seconds when there are none; parts of a second are left out. UTC.
pub(crate) fn show(at: Option<&Timestamp>) -> String {
    let instant = at.and_then(|at| DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?));
    let Some(instant) = instant else {
        return crate::output::UNKNOWN.to_owned();
    };
    let form = match (instant.timestamp() % 60, instant.timestamp_subsec_millis()) {
        (0, 0) => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d %H:%M:%S",
    };
    instant.format(form).to_string()
}

/// `2026-01-31 12:30 – 2026-02-01 00:00`.
pub(crate) fn show_range(range: Option<&TimeRange>) -> String {
    let range = range.copied().unwrap_or_default();
    format!("{} – {}", show(range.start.as_ref()), show(range.end.as_ref()))
}

/// A length of time as people say it: `1h 02m`, `3m 20s`, `4.2s`, `12ms`.
pub(crate) fn show_length(micros: i64) -> String {
    let seconds = micros / MICROS;
    match seconds {
        _ if micros < 1000 => format!("{micros}us"),
        _ if micros < MICROS => format!("{}ms", micros / 1000),
        0..10 if micros % MICROS != 0 => format!("{:.1}s", micros as f64 / MICROS as f64),
        0..60 => format!("{seconds}s"),
        60..3600 => pair(seconds, 60, "m", "s"),
        3600..86_400 => pair(seconds / 60, 60, "h", "m"),
        _ => pair(seconds / 3600, 24, "d", "h"),
    }
}

fn pair(value: i64, unit: i64, large: &str, small: &str) -> String {
    match value % unit {
        0 => format!("{}{large}", value / unit),
        rest => format!("{}{large} {rest:02}{small}", value / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_can_be_written_in_many_ways() {
        let noon = DateTime::parse_from_rfc3339("2026-01-31T12:30:00Z").unwrap();
        for text in [
            "2026-01-31T12:30:00Z",
            "2026-01-31T13:30:00+01:00",
            "2026-01-31 13:30:00+01",
            "2026-01-31 12:30",
            "2026-01-31T12:30:00.000",
            " 2026-01-31 12:30:00 ",
        ] {
            assert_eq!(parse_instant(text).unwrap(), noon, "{text}");
        }
        let day = parse_instant("2026-01-31").unwrap();
        assert_eq!(day.to_rfc3339(), "2026-01-31T00:00:00+00:00");
        for text in ["", "tomorrow", "2026-02-30", "2026-01-31 25:00", "31.1.2026"] {
            assert!(parse_instant(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn an_instant_goes_over_the_wire_and_back() {
        for value in [0, 1, -1, 1_767_225_600_123_456] {
            assert_eq!(micros(&timestamp(value)), value);
        }
        assert_eq!(timestamp(-1).nanos, 999_999_000);
        let half = Span::from_micros(1_500_000).unwrap();
        assert_eq!(span(&duration(half)), Some(half));
    }

    #[test]
    fn times_are_shown_as_short_as_they_can_be() {
        assert_eq!(show(Some(&timestamp(1_767_225_600_000_000))), "2026-01-01 00:00");
        assert_eq!(
            show(Some(&timestamp(1_767_225_605_000_000))),
            "2026-01-01 00:00:05"
        );
        assert_eq!(show(None), "–");
    }

    #[test]
    fn lengths_are_shown_in_two_units_at_most() {
        let shown: Vec<String> = [
            500,
            12_000,
            4_200_000,
            5_000_000,
            42_500_000,
            200_000_000,
            3_600_000_000,
            3_720_000_000,
            90_000_000_000,
        ]
        .into_iter()
        .map(show_length)
        .collect();
        assert_eq!(
            shown,
            [
                "500us", "12ms", "4.2s", "5s", "42s", "3m 20s", "1h", "1h 02m", "1d 01h"
            ]
        );
    }
}
