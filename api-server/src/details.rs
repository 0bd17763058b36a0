//! Texts and lists of errors, cut to what travels in headers.

use mltraining_domain::FieldViolation;
use mltraining_domain::violation::MAX_VIOLATIONS;

/// Longest message and longest list of wrong fields, in bytes. Both travel in the trailers, of which many clients read no
/// more than 8 or 16 KiB; what does not fit is counted, not dropped unsaid.
const MESSAGE_BYTES: usize = 1_000;
const VIOLATION_BYTES: usize = 3_500;
/// Longest value of ErrorInfo's metadata, in bytes, for the same reason.
const VALUE_BYTES: usize = 450;
/// What the encoding adds to one field.
const FIELD_BYTES: usize = 8;

/// As many violations as a client can read, and how many more there are.
pub(crate) fn bad_fields(violations: &[FieldViolation]) -> Vec<tonic_types::FieldViolation> {
    let mut room = VIOLATION_BYTES;
    let fits = |violation: &&FieldViolation| {
        let texts = violation.field.len() + violation.description.len() + violation.reason.as_str().len();
        room = room.saturating_sub(texts + FIELD_BYTES);
        room > 0
    };
    let mut fields: Vec<_> = violations.iter().take_while(fits).map(bad_field).collect();
    let more = violations.len() - fields.len();
    if more > 0 {
        let least = if violations.len() > MAX_VIOLATIONS {
            "at least "
        } else {
            ""
        };
        let text = format!("{least}{more} more fields are wrong");
        fields.push(tonic_types::FieldViolation::new("", text));
    }
    fields
}

fn bad_field(violation: &FieldViolation) -> tonic_types::FieldViolation {
    let mut field = tonic_types::FieldViolation::new(&violation.field, shown(&violation.description));
    violation.reason.as_str().clone_into(&mut field.reason);
    field
}

/// A text from outside as it may stand in a message or a log line: no control characters, at most [`MESSAGE_BYTES`].
pub(crate) fn shown(text: &str) -> String {
    cut(text, MESSAGE_BYTES)
}

/// The same as a value of ErrorInfo's metadata, at most [`VALUE_BYTES`].
pub(crate) fn shown_value(text: &str) -> String {
    cut(text, VALUE_BYTES)
}

fn cut(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if shown.len() + c.len_utf8() > most {
            shown.push('…');
            break;
        }
        shown.push(c);
    }
    shown
}
