//! Labels: the words by which people group jobs and models.

use crate::Violations;
use std::collections::BTreeMap;

/// At most this many labels on one resource.
pub const MAX_LABELS: usize = 64;

/// What is wrong with a map of labels: keys of 1 to 63 of a-z, 0-9, '-' and '_', starting with a letter; values of
/// at most 63 characters without control characters.
pub fn check(labels: &BTreeMap<String, String>, field: &str) -> Violations {
    let mut found = Violations::new();
    found.require(labels.len() <= MAX_LABELS, field, || {
        format!("{} labels; at most {MAX_LABELS} are taken", labels.len())
    });
    for (key, value) in labels {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        let first = key.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if !first || key.len() > 63 || !key.bytes().all(plain) {
            found.invalid(
                field,
                "a label's key has 1 to 63 of a-z, 0-9, '-' and '_', and starts with a letter",
            );
        }
        if value.chars().count() > 63 || value.chars().any(char::is_control) {
            found.invalid(
                field,
                format!("the value of `{key}` must have at most 63 characters and no control characters"),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_label_is_a_plain_word() {
        let one = |k: &str, v: &str| check(&[(k.to_owned(), v.to_owned())].into(), "labels");
        assert!(one("team", "alpha beta").is_empty());
        for (key, value) in [
            ("", "x"),
            ("Team", "x"),
            ("a b", "x"),
            ("a", "x\ny"),
            ("a", &"x".repeat(64)),
        ] {
            assert!(!one(key, value).is_empty(), "{key:?} = {value:?} was taken");
        }
    }
}
