//! Spans and ranges of time, in whole microseconds as Postgres keeps them.

use crate::Violations;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A length of time in microseconds, never negative. Written `90s`, `10m`, `36h`, `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

/// Why a text is not a span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a span such as 500ms, 90s, 10m, 36h or 2d")]
pub struct SpanError;

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// From microseconds; negative values are `None`.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (micros >= 0).then_some(Self(micros))
    }

    /// From whole seconds.
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs as i64 * 1_000_000)
    }

    /// From whole minutes.
    pub const fn from_mins(mins: u32) -> Self {
        Self(mins as i64 * 60_000_000)
    }

    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// True for no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl From<Span> for std::time::Duration {
    fn from(span: Span) -> Self {
        Self::from_micros(span.0.unsigned_abs())
    }
}

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(SpanError)?;
        let count: i64 = text[..digits].parse().map_err(|_| SpanError)?;
        let unit = match &text[digits..] {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return Err(SpanError),
        };
        count.checked_mul(unit).map(Self).ok_or(SpanError)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 6] = [
            (86_400_000_000, "d"),
            (3_600_000_000, "h"),
            (60_000_000, "m"),
            (1_000_000, "s"),
            (1_000, "ms"),
            (1, "us"),
        ];
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let (unit, name) = UNITS
            .into_iter()
            .find(|(unit, _)| self.0 % unit == 0)
            .unwrap_or((1, "us"));
        write!(f, "{}{name}", self.0 / unit)
    }
}

/// A half-open range of time, `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// First instant that belongs to the range.
    pub start: DateTime<Utc>,
    /// First instant that no longer does.
    pub end: DateTime<Utc>,
}

impl TimeRange {
    /// What is wrong with it, named as `field`.
    pub fn check(&self, field: &str) -> Violations {
        let mut found = Violations::new();
        found.require(self.start < self.end, field, || {
            let (start, end) = (self.start.to_rfc3339(), self.end.to_rfc3339());
            format!("start {start} is not before end {end}")
        });
        found
    }

    /// Start as microseconds since 1970-01-01 UTC.
    pub fn start_micros(&self) -> i64 {
        self.start.timestamp_micros()
    }

    /// End as microseconds since 1970-01-01 UTC.
    pub fn end_micros(&self) -> i64 {
        self.end.timestamp_micros()
    }

    /// The first instant of which nothing can be known, in microseconds since 1970-01-01 UTC: the end, or that before which rows
    /// were recorded, whichever comes first.
    pub fn known_end_micros(&self, known_before: Option<DateTime<Utc>>) -> i64 {
        let known = known_before.map_or(i64::MAX, |at| at.timestamp_micros());
        self.end_micros().min(known)
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_span_reads_back_as_it_was_written() {
        for text in ["500ms", "90s", "10m", "36h", "2d", "1us"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("60s".parse::<Span>().unwrap().to_string(), "1m");
        for text in ["", "10", "m", "-1s", "1.5h", "1w", "99999999999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text:?} was taken");
        }
    }
}
