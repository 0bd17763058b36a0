//! The largest or smallest value within the horizon.

use super::{Direction, checks};
use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// Positive iff some bar in (t, t+H] reaches the change: (q(u) - p(t)) / p(t) >= change (up) or <= -change (down).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtremeWithinHorizon {
    /// The column p that the change is measured from; `None` means the source's CLOSE column.
    pub column: Option<String>,
    /// The column q in which the extreme is looked for, e.g. the high for a rise; `None` means `column`.
    pub extreme_column: Option<String>,
    /// The change as a ratio: 0.05 is 5 %. Positive.
    pub change: f64,
    /// Which way.
    pub direction: Direction,
    /// H, as time.
    pub horizon: Span,
    /// How much later than t + H the bar may lie that shows that the change was not reached; `None` as in
    /// [`ChangeAtHorizon`](super::ChangeAtHorizon).
    pub tolerance: Option<Span>,
}

impl ExtremeWithinHorizon {
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
