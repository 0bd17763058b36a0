//! Etags (AIP-154): the revision of a row, told apart by kind. Opaque to clients.

use crate::error::ApiError;
use mltraining_domain::Reason;
use std::fmt::Display;

/// No row has this revision.
const NEVER: i64 = 0;

/// The etag of a revision of a `kind`, such as `model`.
pub(crate) fn show(kind: &str, revision: i64) -> String {
    format!("{kind}-{revision}")
}

/// The revision that a request expects; `None` without an etag. A text that is no etag of this kind is one that no row has.
pub(crate) fn read(kind: &str, etag: &str) -> Option<i64> {
    if etag.is_empty() {
        return None;
    }
    let number = etag.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
    let revision = number
        .and_then(|number| number.parse().ok())
        .filter(|r| *r > NEVER);
    Some(revision.unwrap_or(NEVER))
}

/// The refusal of a request whose etag is not the present one.
pub(crate) fn mismatch(name: impl Display, present: &str) -> ApiError {
    let message =
        format!("the etag is not the present \"{present}\"; read {name} again and repeat the change");
    ApiError::new(Reason::EtagMismatch, message)
        .with("name", name)
        .with("etag", present)
}

#[cfg(test)]
mod tests {
    use super::{NEVER, read, show};

    #[test]
    fn an_etag_reads_back_as_its_revision_and_nothing_else_does() {
        assert_eq!(read("model", &show("model", 7)), Some(7));
        assert_eq!(read("model", ""), None);
        for text in ["7", "job-7", "model-", "model-x", "model--1", "model-0", "\0"] {
            assert_eq!(read("model", text), Some(NEVER), "{text:?} was taken");
        }
    }
}
