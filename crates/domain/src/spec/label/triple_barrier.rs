//! Two barriers and a time.

use super::{Direction, checks};
use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// Positive iff the upper barrier p(t) (1 + upper) is touched in (t, t+H] and the lower one, p(t) (1 - lower), not before it
/// and not by the same bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TripleBarrier {
    /// The column p that the barriers are measured from; `None` means the source's CLOSE column.
    pub column: Option<String>,
    /// The column that touches the upper barrier, e.g. the high; `None` means `column`.
    pub upper_column: Option<String>,
    /// The column that touches the lower barrier, e.g. the low; `None` means `column`.
    pub lower_column: Option<String>,
    /// Distance of the upper barrier as a ratio: 0.05 is 5 % above p(t). Positive.
    pub upper: f64,
    /// Distance of the lower barrier as a ratio: 0.05 is 5 % below p(t). Positive, at most 1.
    pub lower: f64,
    /// H, as time: the third barrier.
    pub horizon: Span,
    /// How much later than t + H the bar may lie that shows that no barrier was touched; `None` as in
    /// [`ChangeAtHorizon`](super::ChangeAtHorizon).
    pub tolerance: Option<Span>,
}

impl TripleBarrier {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        checks::change(self.upper, Direction::Up, &format!("{prefix}.upper"), &mut found);
        checks::change(
            self.lower,
            Direction::Down,
            &format!("{prefix}.lower"),
            &mut found,
        );
        checks::horizon(self.horizon, &format!("{prefix}.horizon"), &mut found);
        checks::tolerance(self.tolerance, &format!("{prefix}.tolerance"), &mut found);
        found
    }
}
