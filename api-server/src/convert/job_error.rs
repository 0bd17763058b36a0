//! Why a job or an attempt did not succeed.

use super::progress::show_phase;
use mltraining_domain::Reason;
use mltraining_proto::v1;
use mltraining_store::jobs::JobError;

/// The error as the wire holds it.
pub(crate) fn show(error: &JobError) -> v1::JobError {
    v1::JobError {
        reason: show_reason(error.reason).into(),
        message: error.message.clone(),
        phase: error.phase.map_or(v1::WorkPhase::Unspecified, show_phase).into(),
        metadata: Default::default(),
    }
}

/// The reason as the wire numbers it.
pub(crate) fn show_reason(reason: Reason) -> v1::ErrorReason {
    let name = format!("ERROR_REASON_{}", reason.as_str());
    v1::ErrorReason::from_str_name(&name).unwrap_or(v1::ErrorReason::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_of_the_wire_are_those_of_the_domain() {
        let mut compared = 0;
        for number in 1..1000 {
            let Ok(wire) = v1::ErrorReason::try_from(number) else {
                continue;
            };
            let word = wire.as_str_name().trim_start_matches("ERROR_REASON_");
            let reason = Reason::from_word(word);
            assert_eq!(reason.map(show_reason), Some(wire), "{word}");
            compared += 1;
        }
        assert!(compared >= 39, "only {compared} reasons were compared");
    }
}
