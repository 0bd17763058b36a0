//! A label that the source holds itself.

use super::checks;
use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// Positive iff the column is 1 at t, negative iff it is 0; any other value is unknown. It is known at t + delay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnLabel {
    /// The column. No feature may be computed from it.
    pub column: String,
    /// How long after t the value becomes known; may be 0.
    pub delay: Span,
}

impl ColumnLabel {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        found.require(!self.column.is_empty(), &format!("{prefix}.column"), || {
            "required: name the column that holds the label as 0 or 1".to_owned()
        });
        checks::at_most_a_year(self.delay, &format!("{prefix}.delay"), &mut found);
        found
    }
}
