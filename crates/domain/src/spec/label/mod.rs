//! What is to be foreseen.

mod change;
mod checks;
mod column;
mod extreme;
mod threshold;
mod triple_barrier;

pub use change::{ChangeAtHorizon, ChangeTarget, Direction};
pub use column::ColumnLabel;
pub use extreme::ExtremeWithinHorizon;
pub use threshold::{Comparison, ThresholdAtHorizon};
pub use triple_barrier::TripleBarrier;

use crate::{Span, Task, Violations};
use serde::{Deserialize, Serialize};

/// What is to be foreseen, decided at t from bars up to t, known at a resolve time that is never before t.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSpec {
    /// The relative change between t and t + horizon.
    ChangeAtHorizon(ChangeAtHorizon),
    /// Whether a change is reached at any time within the horizon.
    ExtremeWithinHorizon(ExtremeWithinHorizon),
    /// Which of two barriers is touched first within the horizon.
    TripleBarrier(TripleBarrier),
    /// How a column compares to a value at t + horizon.
    Threshold(ThresholdAtHorizon),
    /// A column that holds the label itself.
    Column(ColumnLabel),
    /// The change itself: a number, not a class.
    ChangeTarget(ChangeTarget),
}

impl LabelSpec {
    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        let path = format!("{prefix}.{}", self.name());
        match self {
            Self::ChangeAtHorizon(label) => label.check(&path),
            Self::ExtremeWithinHorizon(label) => label.check(&path),
            Self::TripleBarrier(label) => label.check(&path),
            Self::Threshold(label) => label.check(&path),
            Self::Column(label) => label.check(&path),
            Self::ChangeTarget(target) => target.check(&path),
        }
    }

    /// Name of its kind, as specs and requests write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ChangeAtHorizon(_) => "change_at_horizon",
            Self::ExtremeWithinHorizon(_) => "extreme_within_horizon",
            Self::TripleBarrier(_) => "triple_barrier",
            Self::Threshold(_) => "threshold",
            Self::Column(_) => "column",
            Self::ChangeTarget(_) => "change_target",
        }
    }

    /// What kind of thing is foreseen.
    pub fn task(&self) -> Task {
        match self {
            Self::ChangeTarget(_) => Task::Regression,
            Self::ChangeAtHorizon(_)
            | Self::ExtremeWithinHorizon(_)
            | Self::TripleBarrier(_)
            | Self::Threshold(_)
            | Self::Column(_) => Task::Binary,
        }
    }

    /// The same label with another change and horizon; `None` for a kind that has no change.
    pub fn with(&self, change: f64, horizon: Span) -> Option<Self> {
        match self {
            Self::ChangeAtHorizon(label) => Some(Self::ChangeAtHorizon(ChangeAtHorizon {
                change,
                horizon,
                ..label.clone()
            })),
            Self::ExtremeWithinHorizon(label) => Some(Self::ExtremeWithinHorizon(ExtremeWithinHorizon {
                change,
                horizon,
                ..label.clone()
            })),
            Self::TripleBarrier(_) | Self::Threshold(_) | Self::Column(_) | Self::ChangeTarget(_) => None,
        }
    }

    /// The change that is waited for, as a ratio; `None` for a kind that has none.
    pub fn change(&self) -> Option<f64> {
        match self {
            Self::ChangeAtHorizon(label) => Some(label.change),
            Self::ExtremeWithinHorizon(label) => Some(label.change),
            Self::TripleBarrier(_) | Self::Threshold(_) | Self::Column(_) | Self::ChangeTarget(_) => None,
        }
    }

    /// The time from the decision until every label of this kind is known, but for the tolerance: a `column` label's is its
    /// delay. Labels whose horizon reaches the end of what is read stay unknown.
    pub fn horizon(&self) -> Span {
        match self {
            Self::ChangeAtHorizon(label) => label.horizon,
            Self::ExtremeWithinHorizon(label) => label.horizon,
            Self::TripleBarrier(label) => label.horizon,
            Self::Threshold(label) => label.horizon,
            Self::Column(label) => label.delay,
            Self::ChangeTarget(target) => target.horizon,
        }
    }
}

#[cfg(test)]
mod tests;
