//! How scores become probabilities.

use super::field::choice;
use mltraining_domain::{Calibration, Violations};
use mltraining_proto::v1;

/// The rule of a request, `field`.
pub(crate) fn read(rule: i32, field: &str, found: &mut Violations) -> Calibration {
    let known = "CALIBRATION_NONE, CALIBRATION_PLATT or CALIBRATION_ISOTONIC";
    match choice(rule, known, field, found) {
        v1::Calibration::Unspecified | v1::Calibration::None => Calibration::None,
        v1::Calibration::Platt => Calibration::Platt,
        v1::Calibration::Isotonic => Calibration::Isotonic,
    }
}

/// The rule as the wire holds it.
pub(crate) fn show(rule: Calibration) -> v1::Calibration {
    match rule {
        Calibration::None => v1::Calibration::None,
        Calibration::Platt => v1::Calibration::Platt,
        Calibration::Isotonic => v1::Calibration::Isotonic,
    }
}
