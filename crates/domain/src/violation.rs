//! Field violations: everything that is wrong with a request, named by field, all at once.

use crate::Reason;
use std::fmt;

/// One thing that is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field as the client wrote it, e.g. `spec.label.change_at_horizon.horizon`.
    pub field: String,
    /// The machine-readable reason.
    pub reason: Reason,
    /// What is wrong and the way out, in one sentence.
    pub description: String,
}

/// Every violation found in one request, up to [`MAX_VIOLATIONS`]. Empty means the request is good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<FieldViolation>);

/// So many violations are told; a last one then says that there are more.
pub const MAX_VIOLATIONS: usize = 500;

impl Violations {
    /// No violations yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A single violation.
    pub fn one(field: impl Into<String>, reason: Reason, description: impl Into<String>) -> Self {
        let mut found = Self::new();
        found.add(field, reason, description);
        found
    }

    /// Adds a violation with its reason.
    pub fn add(&mut self, field: impl Into<String>, reason: Reason, description: impl Into<String>) {
        let violation = FieldViolation {
            field: field.into(),
            reason,
            description: description.into(),
        };
        if self.is_full() || self.0.contains(&violation) {
            return;
        }
        if self.0.len() == MAX_VIOLATIONS {
            let text = format!("more than {MAX_VIOLATIONS} things are wrong; only the first ones are told");
            let last = FieldViolation {
                description: text,
                reason: Reason::InvalidField,
                ..violation
            };
            return self.0.push(last);
        }
        self.0.push(violation);
    }

    /// Adds a violation of the general kind, [`Reason::InvalidField`].
    pub fn invalid(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.add(field, Reason::InvalidField, description);
    }

    /// Adds a violation unless `ok` holds.
    pub fn require(&mut self, ok: bool, field: &str, description: impl FnOnce() -> String) {
        if !ok {
            self.invalid(field, description());
        }
    }

    /// Takes over the violations of `other`.
    pub fn extend(&mut self, other: Violations) {
        for v in other.0 {
            self.add(v.field, v.reason, v.description);
        }
    }

    /// Forgets the violations for which `keep` is false.
    pub fn retain(&mut self, keep: impl FnMut(&FieldViolation) -> bool) {
        self.0.retain(keep);
    }

    /// True when nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when no more violations are told: there is no use in looking for them.
    pub fn is_full(&self) -> bool {
        self.0.len() > MAX_VIOLATIONS
    }

    /// The violations in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &FieldViolation> {
        self.0.iter()
    }

    /// The reason that names the whole error: that of the first violation with a reason of its own,
    /// else [`Reason::InvalidField`].
    pub fn reason(&self) -> Reason {
        let special = self
            .0
            .iter()
            .map(|v| v.reason)
            .find(|r| *r != Reason::InvalidField);
        special.unwrap_or(Reason::InvalidField)
    }

    /// `value` when nothing is wrong, else all violations.
    pub fn into_result<T>(self, value: T) -> Result<T, Violations> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, v) in self.0.iter().enumerate() {
            let sep = if i == 0 { "" } else { "; " };
            write!(f, "{sep}{}: {}", v.field, v.description)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_violations_ends_with_one_that_says_so() {
        let mut found = Violations::new();
        for i in 0..100_000 {
            found.invalid(format!("spec.features.features[{i}]"), "unknown");
        }
        assert_eq!(found.iter().count(), MAX_VIOLATIONS + 1);
        assert!(found.iter().last().unwrap().description.contains("more than 500"));
    }
}
