//! What a training row counts.

use super::field::choice;
use mltraining_domain::{SampleWeight, Violations};
use mltraining_proto::v1;

/// The rule of a request, `field`.
pub(crate) fn read(rule: i32, field: &str, found: &mut Violations) -> SampleWeight {
    let known = "SAMPLE_WEIGHT_NONE or SAMPLE_WEIGHT_UNIQUENESS";
    match choice(rule, known, field, found) {
        v1::SampleWeight::Unspecified | v1::SampleWeight::None => SampleWeight::None,
        v1::SampleWeight::Uniqueness => SampleWeight::Uniqueness,
    }
}

/// The rule as the wire holds it.
pub(crate) fn show(rule: SampleWeight) -> v1::SampleWeight {
    match rule {
        SampleWeight::None => v1::SampleWeight::None,
        SampleWeight::Uniqueness => v1::SampleWeight::Uniqueness,
    }
}
