//! What is to be foreseen.

use crate::{Span, Violations};
use serde::{Deserialize, Serialize};

/// What is to be foreseen, decided at t from bars up to t, known at a later resolve time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSpec {
    /// The relative change between t and t + horizon.
    ChangeAtHorizon(ChangeAtHorizon),
}

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

/// A year: no horizon is longer.
const MAX_HORIZON: Span = Span::from_mins(366 * 24 * 60);

impl LabelSpec {
    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        match self {
            Self::ChangeAtHorizon(label) => label.check(&format!("{prefix}.change_at_horizon")),
        }
    }

    /// The time from decision to the earliest resolve.
    pub fn horizon(&self) -> Span {
        match self {
            Self::ChangeAtHorizon(label) => label.horizon,
        }
    }

    /// The column that is foreseen; `None` means the source's CLOSE column.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::ChangeAtHorizon(label) => label.column.as_deref(),
        }
    }
}

impl ChangeAtHorizon {
    fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        found.require(
            self.change.is_finite() && self.change > 0.0 && self.change <= 1000.0,
            &format!("{prefix}.change"),
            || {
                format!(
                    "{} is no change to wait for; give a positive ratio up to 1000, e.g. 0.05 for 5 %",
                    self.change
                )
            },
        );
        let down_too_far = self.direction == Direction::Down && self.change > 1.0;
        found.require(!down_too_far, &format!("{prefix}.change"), || {
            "a fall of more than 1 (100 %) cannot happen".to_owned()
        });
        found.require(!self.horizon.is_zero(), &format!("{prefix}.horizon"), || {
            "a horizon of 0 would foresee what is already known; give a positive time, e.g. 600s".to_owned()
        });
        found.require(self.horizon <= MAX_HORIZON, &format!("{prefix}.horizon"), || {
            "longer than 366 days".to_owned()
        });
        found.require(
            self.tolerance.is_none_or(|t| t <= MAX_HORIZON),
            &format!("{prefix}.tolerance"),
            || "longer than 366 days".to_owned(),
        );
        found
    }
}
