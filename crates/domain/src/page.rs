//! Pages of lists (AIP-158): sizes, and tokens that fit only the request they were made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Rows of a page when the request names no size.
pub const DEFAULT_PAGE_SIZE: i32 = 50;
/// Rows of the largest page; a larger wish gets this many.
pub const MAX_PAGE_SIZE: i32 = 1000;

/// A token that this server did not make, or not for this list, parent and filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this page token was not made for this request; start again without one, with the same parent and filter for all pages"
)]
pub struct PageTokenError;

/// The rows of a page: the default for 0, at most [`MAX_PAGE_SIZE`], `None` for a negative wish.
pub fn page_size(wish: i32) -> Option<i64> {
    match wish {
        0 => Some(i64::from(DEFAULT_PAGE_SIZE)),
        1.. => Some(i64::from(wish.min(MAX_PAGE_SIZE))),
        _ => None,
    }
}

/// The token of the row after which the next page starts. `request` is what must stay the same from page to page:
/// the method, the parent, the filter.
pub fn encode<C: Serialize>(cursor: &C, request: &[&str]) -> String {
    let json =
        serde_json::to_vec(cursor).expect("a cursor holds only times, ids and strings, which JSON can write");
    let mut bytes = digest(&json, request).to_vec();
    bytes.extend_from_slice(&json);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The cursor of a token; `None` for the empty token of a first page.
pub fn decode<C: DeserializeOwned>(token: &str, request: &[&str]) -> Result<Option<C>, PageTokenError> {
    if token.is_empty() {
        return Ok(None);
    }
    if token.len() > 1024 {
        return Err(PageTokenError);
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| PageTokenError)?;
    let (seal, json) = bytes.split_at_checked(SEAL).ok_or(PageTokenError)?;
    if seal != digest(json, request) {
        return Err(PageTokenError);
    }
    let cursor: Value = serde_json::from_slice(json).map_err(|_| PageTokenError)?;
    if !can_be_stored(&cursor) {
        return Err(PageTokenError);
    }
    C::deserialize(cursor).map(Some).map_err(|_| PageTokenError)
}

/// Whether Postgres can hold every text and time of a cursor: whoever seals a token himself may put others into it.
fn can_be_stored(cursor: &Value) -> bool {
    match cursor {
        Value::String(text) => {
            let time = text.parse::<DateTime<Utc>>().ok();
            !text.contains('\0') && time.is_none_or(|time| YEARS.contains(&time.year()))
        }
        Value::Array(parts) => parts.iter().all(can_be_stored),
        Value::Object(parts) => parts.values().all(can_be_stored),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The years in which anything is listed.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

const SEAL: usize = 12;

/// Not a secret: it catches mistakes. What a token can reach is checked again with every request.
fn digest(json: &[u8], request: &[&str]) -> [u8; SEAL] {
    let mut hash = Sha256::new();
    for part in request {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(json);
    let full = hash.finalize();
    let mut seal = [0; SEAL];
    seal.copy_from_slice(&full[..SEAL]);
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_only_its_own_request() {
        let token = encode(
            &("2026-01-01", 7),
            &["ListJobs", "projects/default", "state = RUNNING"],
        );
        let read = decode::<(String, i32)>(&token, &["ListJobs", "projects/default", "state = RUNNING"]);
        assert_eq!(read, Ok(Some(("2026-01-01".to_owned(), 7))));
        assert!(decode::<(String, i32)>(&token, &["ListJobs", "projects/default", ""]).is_err());
        assert!(
            decode::<(String, i32)>(&token, &["ListModels", "projects/default", "state = RUNNING"]).is_err()
        );
        for bad in ["x", "!!", &token[1..], &"A".repeat(4000)] {
            assert!(
                decode::<(String, i32)>(bad, &["ListJobs"]).is_err(),
                "{bad} was taken"
            );
        }
        assert_eq!(decode::<(String, i32)>("", &["ListJobs"]), Ok(None));
    }

    #[test]
    fn a_token_sealed_around_what_cannot_be_stored_is_refused() {
        for cursor in ["\0", "a\0b", "-4799-01-01T00:00:00Z", "+262142-12-31T23:59:59Z"] {
            let token = encode(&(cursor, 7), &["ListJobs"]);
            assert_eq!(
                decode::<(String, i32)>(&token, &["ListJobs"]),
                Err(PageTokenError),
                "{cursor:?}"
            );
        }
        let token = encode(&("2026-01-01T00:00:00Z", 7), &["ListJobs"]);
        assert!(decode::<(String, i32)>(&token, &["ListJobs"]).is_ok());
    }

    #[test]
    fn a_page_has_a_size() {
        assert_eq!(page_size(0), Some(50));
        assert_eq!(page_size(7), Some(7));
        assert_eq!(page_size(i32::MAX), Some(1000));
        assert_eq!(page_size(-1), None);
    }
}
