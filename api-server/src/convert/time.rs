//! Instants, lengths and ranges of time. The wire counts nanoseconds, the service whole microseconds, as Postgres does.

use chrono::{DateTime, Utc};
use mltraining_domain::{Span, TimeRange, Violations};
use mltraining_proto::v1;
use prost_types::{Duration, Timestamp};

const MICROS: i64 = 1_000_000;
/// The last microsecond of the year 9999, which is also the end of protobuf's time.
pub(super) const LAST_MICRO: i64 = 253_402_300_799_999_999;

/// An instant as the wire holds it.
pub(crate) fn show_instant(at: DateTime<Utc>) -> Timestamp {
    let micros = at.timestamp_micros();
    Timestamp {
        seconds: micros.div_euclid(MICROS),
        nanos: (micros.rem_euclid(MICROS) * 1000) as i32,
    }
}

/// Microseconds since 1970-01-01 UTC as the wire holds an instant; nothing for one that no calendar has.
pub(crate) fn show_micros(micros: i64) -> Option<Timestamp> {
    DateTime::from_timestamp_micros(micros).map(show_instant)
}

/// A length of time as the wire holds it.
pub(crate) fn show_span(span: Span) -> Duration {
    Duration {
        seconds: span.micros() / MICROS,
        nanos: (span.micros() % MICROS * 1000) as i32,
    }
}

/// A range as the wire holds it.
pub(crate) fn show_range(range: &TimeRange) -> v1::TimeRange {
    v1::TimeRange {
        start: Some(show_instant(range.start)),
        end: Some(show_instant(range.end)),
    }
}

/// A range as people read it.
pub(crate) fn show_range_text(range: &TimeRange) -> String {
    format!("from {} to {}", range.start.to_rfc3339(), range.end.to_rfc3339())
}

/// A length of time, `None` when the field is absent or wrong.
pub(crate) fn read_span(value: Option<Duration>, field: &str, found: &mut Violations) -> Option<Span> {
    let value = value?;
    let span = span_of(&value);
    if let Err(text) = span {
        found.invalid(field, text);
    }
    span.ok()
}

/// A length of time that must be there.
pub(crate) fn require_span(value: Option<Duration>, field: &str, found: &mut Violations) -> Span {
    if value.is_none() {
        found.invalid(field, "required: give a length of time, e.g. 600s");
    }
    read_span(value, field, found).unwrap_or(Span::from_secs(1))
}

fn span_of(value: &Duration) -> Result<Span, &'static str> {
    if value.seconds < 0 || value.nanos < 0 {
        return Err("a negative length of time");
    }
    if value.nanos >= 1_000_000_000 {
        return Err("its nanos must be below 1000000000");
    }
    if value.nanos % 1000 != 0 {
        return Err("must be whole microseconds");
    }
    let micros = value.seconds.checked_mul(MICROS);
    let micros = micros.and_then(|m| m.checked_add(i64::from(value.nanos) / 1000));
    micros.and_then(Span::from_micros).ok_or("too long")
}

/// A range that must be there, with start before end.
pub(crate) fn require_range(range: Option<v1::TimeRange>, field: &str, found: &mut Violations) -> TimeRange {
    let range = range.unwrap_or_else(|| {
        found.invalid(
            field,
            r#"required: give the decision times, e.g. {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}"#,
        );
        v1::TimeRange {
            start: Some(Timestamp::default()),
            end: Some(Timestamp { seconds: 1, nanos: 0 }),
        }
    });
    let start = require_instant(range.start, &format!("{field}.start"), found);
    let end = require_instant(range.end, &format!("{field}.end"), found);
    let (Some(start), Some(end)) = (start, end) else {
        return stand_in();
    };
    let range = TimeRange { start, end };
    found.extend(range.check(field));
    range
}

fn require_instant(value: Option<Timestamp>, field: &str, found: &mut Violations) -> Option<DateTime<Utc>> {
    if value.is_none() {
        found.invalid(field, "required: give an instant such as 2026-01-01T00:00:00Z");
    }
    read_instant(value, field, found)
}

/// An instant, `None` when the field is absent or wrong. Parts of a microsecond are rounded up: rows lie on whole microseconds,
/// so `[start, end)` holds the same rows.
pub(crate) fn read_instant(
    value: Option<Timestamp>,
    field: &str,
    found: &mut Violations,
) -> Option<DateTime<Utc>> {
    let value = value?;
    let nanos = i64::from(value.nanos);
    let instant = value
        .seconds
        .checked_mul(MICROS)
        .and_then(|m| m.checked_add((nanos + 999) / 1000))
        .filter(|m| (0..=LAST_MICRO).contains(m) && (0..1_000_000_000).contains(&nanos))
        .and_then(DateTime::from_timestamp_micros);
    if instant.is_none() {
        found.invalid(
            field,
            "must lie in the years 1970 to 9999, with nanos of 0 to 999999999",
        );
    }
    instant
}

/// The last whole microsecond until an instant that must be there, since 1970-01-01 UTC: nothing after it is meant. `None` when
/// the field is absent or wrong.
pub(crate) fn read_floor(value: Option<Timestamp>, field: &str, found: &mut Violations) -> Option<i64> {
    let whole = value.map(|at| Timestamp {
        nanos: if (0..1_000_000_000).contains(&at.nanos) {
            at.nanos / 1000 * 1000
        } else {
            at.nanos
        },
        ..at
    });
    require_instant(whole, field, found).map(|at| at.timestamp_micros())
}

fn stand_in() -> TimeRange {
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let end = start + chrono::TimeDelta::seconds(1);
    TimeRange { start, end }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn span(seconds: i64, nanos: i32) -> Result<Span, String> {
        let mut found = Violations::new();
        let span = read_span(Some(Duration { seconds, nanos }), "horizon", &mut found);
        span.ok_or_else(|| found.to_string())
    }

    fn range(start: Option<Timestamp>, end: Option<Timestamp>) -> Result<TimeRange, String> {
        let mut found = Violations::new();
        let range = require_range(Some(v1::TimeRange { start, end }), "range", &mut found);
        found.into_result(range).map_err(|found| found.to_string())
    }

    fn at(seconds: i64, nanos: i32) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos })
    }

    #[test]
    fn a_span_is_whole_microseconds_and_never_negative() {
        assert_eq!(span(90, 0).unwrap(), Span::from_secs(90));
        assert_eq!(span(1, 500_000).unwrap().micros(), 1_000_500);
        for (seconds, nanos) in [
            (-1, 0),
            (0, -1),
            (0, 1),
            (1, 1_000_000_000),
            (i64::MAX, 0),
            (i64::MIN, 0),
        ] {
            assert!(
                span(seconds, nanos).is_err(),
                "{seconds} s and {nanos} ns were taken"
            );
        }
    }

    #[test]
    fn a_range_lies_between_1970_and_9999() {
        for (start, end) in [
            (None, at(1, 0)),
            (at(0, 0), None),
            (at(-1, 0), at(1, 0)),
            (at(0, 0), at(253_402_300_800, 0)),
            (at(0, 0), at(1, -1)),
            (at(0, 0), at(i64::MAX, 0)),
            (at(5, 0), at(5, 0)),
            (at(6, 0), at(5, 0)),
        ] {
            assert!(range(start, end).is_err(), "{start:?} to {end:?} was taken");
        }
    }

    #[test]
    fn parts_of_a_microsecond_are_rounded_up_and_select_the_same_rows() {
        let read = range(at(0, 1), at(1, 999_999_001)).unwrap();
        assert_eq!((read.start_micros(), read.end_micros()), (1, 2_000_000));
    }

    #[test]
    fn times_read_back_as_they_were_shown() {
        for micros in [0, 1, 999_999, 1_785_000_000_123_456] {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            assert_eq!(
                require_instant(Some(show_instant(at)), "t", &mut Violations::new()),
                Some(at)
            );
            let length = Span::from_micros(micros).unwrap();
            assert_eq!(
                read_span(Some(show_span(length)), "s", &mut Violations::new()),
                Some(length)
            );
        }
    }
}
