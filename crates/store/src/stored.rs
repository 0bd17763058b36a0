//! From stored words and values to the domain's types. A value that cannot be read is an error that names its column.

use crate::StoreError;
use mltraining_domain::Span;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

/// Parses a stored text, e.g. a slug.
pub(crate) fn parse<T: FromStr<Err: Display>>(what: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: T::Err| StoreError::Corrupt {
        what,
        detail: error.to_string(),
    })
}

/// The value of a stored word, `None` from `found` meaning a word of another version.
pub(crate) fn word<T>(what: &'static str, word: &str, found: Option<T>) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Corrupt {
        what,
        detail: format!("`{word}` is not a word of this version"),
    })
}

/// Reads stored JSON.
pub(crate) fn json<T: DeserializeOwned>(what: &'static str, value: Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::Corrupt {
        what,
        detail: error.to_string(),
    })
}

/// Reads a stored length of time, in microseconds.
pub(crate) fn span(what: &'static str, micros: i64) -> Result<Span, StoreError> {
    Span::from_micros(micros).ok_or_else(|| StoreError::Corrupt {
        what,
        detail: format!("{micros} us is negative"),
    })
}

/// A length of time that the database computed, in microseconds; never negative.
pub(crate) fn duration(micros: i64) -> Duration {
    Duration::from_micros(micros.unsigned_abs())
}

/// A length of time as a statement takes it.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A count as a statement takes it.
pub(crate) fn count(what: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Corrupt {
        what,
        detail: format!("{value} is more than a row can hold"),
    })
}

/// A number of bytes as a statement takes it; no machine has more than a row can hold.
pub(crate) fn bytes(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a stored SHA-256.
pub(crate) fn hash(what: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt {
        what,
        detail: format!("{} bytes are no SHA-256", bytes.len()),
    })
}

/// Writes a value of the domain as JSON.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value)
        .expect("the domain's values hold only texts, finite numbers and lists, which JSON can write")
}
