//! `--sample-weight`: what a training row counts.

use mltraining_proto::v1::SampleWeight;

/// Reads `none` or `uniqueness`.
///
/// # Errors
/// A text that says what was expected.
pub(crate) fn parse(text: &str) -> Result<SampleWeight, String> {
    match text.trim() {
        "none" => Ok(SampleWeight::None),
        "uniqueness" => Ok(SampleWeight::Uniqueness),
        _ => Err("expected none or uniqueness".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_rules_can_be_written() {
        assert_eq!(parse("none"), Ok(SampleWeight::None));
        assert_eq!(parse("uniqueness"), Ok(SampleWeight::Uniqueness));
        assert!(parse("heavy").is_err());
    }
}
