//! From which probability on the model says yes.

use super::number::share;
use mltraining_domain::{Calibration, ThresholdSpec};

/// The rule in a line.
pub(crate) fn threshold(spec: ThresholdSpec) -> String {
    match spec {
        ThresholdSpec::MaxF1 => "the best F1".to_owned(),
        ThresholdSpec::MaxMcc => "the best Matthews correlation".to_owned(),
        ThresholdSpec::Fixed(at) => format!("fixed at {at}"),
        ThresholdSpec::MinPrecision(least) => {
            format!("the most found at a precision of {} or more", share(Some(least)))
        }
        ThresholdSpec::MinRecall(least) => {
            format!("the best precision at a recall of {} or more", share(Some(least)))
        }
        ThresholdSpec::Utility(of) => format!(
            "where a hit worth {} outweighs a false alarm that costs {}",
            of.gain, of.loss
        ),
        ThresholdSpec::TopPerDay(rows) => format!("at most {rows} calls a day"),
        ThresholdSpec::None => "none".to_owned(),
    }
}

/// The calibration in a few words.
pub(crate) fn calibration(spec: Calibration) -> &'static str {
    match spec {
        Calibration::None => "none: scores as the learner gives them",
        Calibration::Platt => "Platt: a logistic function of the log odds",
        Calibration::Isotonic => "isotonic: the best rising function",
    }
}
