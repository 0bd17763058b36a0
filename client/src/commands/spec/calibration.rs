//! `--calibration`: how scores become probabilities.

use mltraining_proto::v1::Calibration;

/// Reads `none`, `platt` or `isotonic`.
///
/// # Errors
/// A text that says what was expected.
pub(crate) fn parse(text: &str) -> Result<Calibration, String> {
    match text.trim() {
        "none" => Ok(Calibration::None),
        "platt" => Ok(Calibration::Platt),
        "isotonic" => Ok(Calibration::Isotonic),
        _ => Err("expected none, platt or isotonic".to_owned()),
    }
}

/// The rule in a word; `None` when scores stay as they are.
pub(crate) fn describe(rule: Calibration) -> Option<&'static str> {
    match rule {
        Calibration::Unspecified | Calibration::None => None,
        Calibration::Platt => Some("platt"),
        Calibration::Isotonic => Some("isotonic"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_written_and_is_described_by_the_same_word() {
        assert_eq!(parse("none"), Ok(Calibration::None));
        for word in ["platt", "isotonic"] {
            assert_eq!(describe(parse(word).unwrap()), Some(word));
        }
        assert!(parse("sigmoid").is_err());
    }
}
