//! Single fields that every message has: choices, counts and texts.

use mltraining_domain::Violations;

/// The value of a wire enum. `known` says which there are, for a number that is none of them.
pub(crate) fn choice<E: TryFrom<i32> + Default>(
    value: i32,
    known: &str,
    field: &str,
    found: &mut Violations,
) -> E {
    E::try_from(value).unwrap_or_else(|_| {
        found.invalid(field, format!("{value} is no value of this field; give {known}"));
        E::default()
    })
}

/// A count that the wire holds as a signed number: `default` when absent, a violation when negative.
pub(crate) fn count(value: Option<i32>, default: u32, field: &str, found: &mut Violations) -> u32 {
    let Some(value) = value else { return default };
    u32::try_from(value).unwrap_or_else(|_| {
        found.invalid(field, format!("{value} is negative"));
        default
    })
}

/// The same for large counts.
pub(crate) fn large_count(value: Option<i64>, default: u64, field: &str, found: &mut Violations) -> u64 {
    let Some(value) = value else { return default };
    u64::try_from(value).unwrap_or_else(|_| {
        found.invalid(field, format!("{value} is negative"));
        default
    })
}

/// Notes a text that is longer than `most` characters or holds a control character (line breaks and tabs are none of them
/// where people write prose).
pub(crate) fn check_text(text: &str, most: usize, field: &str, found: &mut Violations) {
    let length = text.chars().count();
    found.require(length <= most, field, || {
        format!("{length} characters; at most {most} are taken")
    });
    let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    found.require(!text.contains(strange), field, || {
        "must not hold control characters".to_owned()
    });
}

/// A count as the wire holds it. Rows and bytes never come near the bound.
pub(crate) fn wire_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A small count as the wire holds it.
pub(crate) fn small_wire_count(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
