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

/// How many eighths of their longest length the texts of an error may have: an error of many texts, or of texts beyond ASCII, which
/// take three times their bytes in a header, has less room for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room(usize);

impl Room {
    /// All there is first, then less and less.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (1..=8).rev().map(Self)
    }

    fn of(self, most: usize) -> usize {
        most * self.0 / 8
    }

    /// A message that fits.
    pub(crate) fn message(self, text: &str) -> String {
        cut(text, self.of(MESSAGE_BYTES))
    }

    /// A value of ErrorInfo's metadata that fits.
    pub(crate) fn value(self, text: &str) -> String {
        cut(text, self.of(VALUE_BYTES))
    }

    /// As many violations as fit, and how many more there are.
    pub(crate) fn bad_fields(self, violations: &[FieldViolation]) -> Vec<tonic_types::FieldViolation> {
        let mut left = self.of(VIOLATION_BYTES);
        let fits = |field: &tonic_types::FieldViolation| {
            let texts = field.field.len() + field.description.len() + field.reason.len();
            left = left.saturating_sub(texts + FIELD_BYTES);
            left > 0
        };
        let told = violations.iter().map(|violation| self.bad_field(violation));
        let mut fields: Vec<_> = told.take_while(fits).collect();
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

    fn bad_field(self, violation: &FieldViolation) -> tonic_types::FieldViolation {
        let mut field = tonic_types::FieldViolation::new(
            self.value(&violation.field),
            self.message(&violation.description),
        );
        violation.reason.as_str().clone_into(&mut field.reason);
        field
    }
}

/// A text from outside as it may stand in a message or a log line: no control characters, at most [`MESSAGE_BYTES`].
pub(crate) fn shown(text: &str) -> String {
    cut(text, MESSAGE_BYTES)
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
