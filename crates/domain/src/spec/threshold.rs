//! From which probability on the model says yes.

use crate::Violations;
use serde::{Deserialize, Serialize};

/// How the threshold is chosen. Always on scores of rows that the fitted model has not seen, inside the training part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdSpec {
    /// The best F1.
    #[default]
    MaxF1,
    /// The best Matthews correlation.
    MaxMcc,
    /// This probability.
    Fixed(f64),
    /// The highest recall with at least this precision.
    MinPrecision(f64),
    /// The highest precision with at least this recall.
    MinRecall(f64),
    /// Where acting is worth it: the probability at which hits and false alarms balance.
    Utility(Utility),
    /// The lowest score at which at most so many rows a day, on average over the time of the scores, are a yes.
    TopPerDay(u32),
    /// None: a number is foreseen, to which nobody says yes or no.
    None,
}

/// What acting brings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Utility {
    /// What a hit brings, in any unit; above 0.
    pub gain: f64,
    /// What a false alarm costs, in the same unit; above 0.
    pub loss: f64,
}

impl Utility {
    /// The probability from which on acting brings more than it costs: p g >= (1 - p) l exactly when p >= l / (g + l) (Elkan
    /// 2001, "The foundations of cost-sensitive learning"). Right only for probabilities that are calibrated.
    pub fn threshold(&self) -> f64 {
        self.loss / (self.gain + self.loss)
    }
}

/// No rule asks for more rows a day.
const MAX_PER_DAY: u32 = 1_000_000;
/// Gains and losses lie between this and its inverse, so that the threshold is a probability.
const MAX_UTILITY: f64 = 1e9;

impl ThresholdSpec {
    /// The threshold of a rule that looks at no score.
    pub fn given(&self) -> Option<f64> {
        match self {
            Self::Fixed(threshold) => Some(*threshold),
            Self::Utility(utility) => Some(utility.threshold()),
            _ => None,
        }
    }

    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let (field, value) = match self {
            Self::MaxF1 | Self::MaxMcc | Self::None => return found,
            Self::Utility(utility) => {
                for (field, value) in [("gain", utility.gain), ("loss", utility.loss)] {
                    let field = format!("{prefix}.utility.{field}");
                    found.require((1.0 / MAX_UTILITY..=MAX_UTILITY).contains(&value), &field, || {
                        format!(
                            "{value} must be above 0; give {:e} to {MAX_UTILITY:e}",
                            1.0 / MAX_UTILITY
                        )
                    });
                }
                return found;
            }
            Self::TopPerDay(rows) => {
                let field = format!("{prefix}.top_per_day");
                found.require((1..=MAX_PER_DAY).contains(rows), &field, || {
                    format!("{rows} rows a day; give 1 to {MAX_PER_DAY}")
                });
                return found;
            }
            Self::Fixed(v) => ("fixed", *v),
            Self::MinPrecision(v) => ("min_precision", *v),
            Self::MinRecall(v) => ("min_recall", *v),
        };
        found.require((0.0..=1.0).contains(&value), &format!("{prefix}.{field}"), || {
            format!("{value} is no probability; give 0 to 1")
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acting_is_worth_it_where_hits_and_false_alarms_balance() {
        let utility = Utility { gain: 3.0, loss: 1.0 };
        assert_eq!(ThresholdSpec::Utility(utility).given(), Some(0.25));
        assert_eq!(ThresholdSpec::Fixed(0.7).given(), Some(0.7));
        assert_eq!(ThresholdSpec::TopPerDay(5).given(), None);
    }

    #[test]
    fn what_no_utility_and_no_day_can_be_is_refused_by_name() {
        let fields = |spec: ThresholdSpec| spec.check("t").to_string();
        let utility = |gain, loss| fields(ThresholdSpec::Utility(Utility { gain, loss }));
        assert!(utility(0.0, 1.0).contains("t.utility.gain") && !utility(0.0, 1.0).contains("loss"));
        assert!(utility(1.0, f64::NAN).contains("t.utility.loss"));
        assert!(utility(1.0, f64::INFINITY).contains("t.utility.loss"));
        assert!(fields(ThresholdSpec::TopPerDay(0)).contains("t.top_per_day"));
        assert!(ThresholdSpec::TopPerDay(1).check("t").is_empty());
        assert!(
            ThresholdSpec::Utility(Utility { gain: 5.0, loss: 0.5 })
                .check("t")
                .is_empty()
        );
    }

    #[test]
    fn rules_are_stored_by_their_names() {
        let stored = |spec: ThresholdSpec| serde_json::to_string(&spec).unwrap();
        assert_eq!(stored(ThresholdSpec::TopPerDay(5)), r#"{"top_per_day":5}"#);
        let utility = Utility { gain: 2.0, loss: 1.0 };
        assert_eq!(
            stored(ThresholdSpec::Utility(utility)),
            r#"{"utility":{"gain":2.0,"loss":1.0}}"#
        );
        assert_eq!(stored(ThresholdSpec::MaxF1), r#""max_f1""#);
    }
}
