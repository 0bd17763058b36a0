//! A column against a fixed value.

use super::checks;
use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// Positive iff the column at t+H compares to the value as asked. With H = 0 it is the row's own value, and no feature may
/// be computed from that column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdAtHorizon {
    /// The column; `None` means the source's CLOSE column.
    pub column: Option<String>,
    /// How it is held against the value.
    pub comparison: Comparison,
    /// The value, in the unit of the column.
    pub value: f64,
    /// H, as time; may be 0.
    pub horizon: Span,
    /// As that of [`ChangeAtHorizon`](super::ChangeAtHorizon).
    pub tolerance: Option<Span>,
}

/// How a column is held against a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Comparison {
    /// column >= value
    #[default]
    AtLeast,
    /// column > value
    Above,
    /// column <= value
    AtMost,
    /// column < value
    Below,
}

impl Comparison {
    /// Whether it holds; never for NaN.
    pub fn holds(self, column: f64, value: f64) -> bool {
        match self {
            Self::AtLeast => column >= value,
            Self::Above => column > value,
            Self::AtMost => column <= value,
            Self::Below => column < value,
        }
    }
}

impl ThresholdAtHorizon {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        found.require(self.value.is_finite(), &format!("{prefix}.value"), || {
            format!("{} is no value to compare with; give a finite number", self.value)
        });
        checks::at_most_a_year(self.horizon, &format!("{prefix}.horizon"), &mut found);
        checks::tolerance(self.tolerance, &format!("{prefix}.tolerance"), &mut found);
        found
    }
}
