//! The change of a column between now and the horizon.

use super::checks;
use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// Positive iff (p(t+H) - p(t)) / p(t) >= change (up) or <= -change (down).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeAtHorizon {
    /// The column p; `None` means the source's CLOSE column.
    pub column: Option<String>,
    /// The change as a ratio: 0.05 is 5 %. Positive.
    pub change: f64,
    /// Which way.
    pub direction: Direction,
    /// H, as time.
    pub horizon: Span,
    /// How much later than t + H the bar that resolves may lie; `None` means 1.5 bars of the phase of the
    /// row or of that bar, whichever has the longer bars.
    pub tolerance: Option<Span>,
}

/// The change itself, (p(t+H) - p(t)) / p(t), as a ratio: a number to foresee, not a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeTarget {
    /// The column p; `None` means the source's CLOSE column.
    pub column: Option<String>,
    /// H, as time.
    pub horizon: Span,
    /// As that of [`ChangeAtHorizon`].
    pub tolerance: Option<Span>,
}

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Direction {
    /// A rise.
    #[default]
    Up,
    /// A fall.
    Down,
}

impl ChangeAtHorizon {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        checks::change(
            self.change,
            self.direction,
            &format!("{prefix}.change"),
            &mut found,
        );
        checks::horizon(self.horizon, &format!("{prefix}.horizon"), &mut found);
        checks::tolerance(self.tolerance, &format!("{prefix}.tolerance"), &mut found);
        found
    }
}

impl ChangeTarget {
    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        checks::horizon(self.horizon, &format!("{prefix}.horizon"), &mut found);
        checks::tolerance(self.tolerance, &format!("{prefix}.tolerance"), &mut found);
        found
    }
}
