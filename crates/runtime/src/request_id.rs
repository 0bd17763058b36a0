//! The id that ties together all that one request causes: `x-request-id`.

use http::HeaderMap;
use std::fmt;
use uuid::Uuid;

/// Header and metadata key of the request id.
pub const HEADER: &str = "x-request-id";

/// A request's id: 1 to 128 visible ASCII characters. It correlates log lines and is echoed; it is no idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A new one: a random UUID.
    pub fn make() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The caller's id; None when it is empty, longer than 128 or has anything but visible ASCII in it.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The id of the header `x-request-id`, or a new one when there is none that is fit for log lines.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        given.and_then(Self::parse).unwrap_or_else(Self::make)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, http::HeaderValue::from_bytes(value).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_callers_id_is_taken_as_it_is() {
        assert_eq!(of(b"order-4711/a").as_str(), "order-4711/a");
        assert_eq!(of(&[b'x'; 128]).as_str().len(), 128);
    }

    #[test]
    fn an_unfit_or_missing_id_is_replaced_by_a_new_one() {
        let mut seen = std::collections::HashSet::new();
        for id in [
            of(b""),
            of(b"a b"),
            of(&[b'x'; 129]),
            of("ä".as_bytes()),
            RequestId::of(&HeaderMap::new()),
        ] {
            assert!(Uuid::try_parse(id.as_str()).is_ok(), "{id}");
            assert!(seen.insert(id));
        }
    }
}
