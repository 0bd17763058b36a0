//! Options that become parts of a spec. Each changes only what was said: the rest of the spec stays as it is.

pub(crate) mod algorithm;
pub(crate) mod calibration;
pub(crate) mod features;
pub(crate) mod label;
pub(crate) mod period;
pub(crate) mod range;
pub(crate) mod rows;
pub(crate) mod sample_weight;
pub(crate) mod split;
pub(crate) mod threshold;
pub(crate) mod whole;

/// A ratio: `0.05`, or `5%`.
///
/// # Errors
/// A text that says what was expected.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text.trim(), 1.0),
    };
    let value: f64 = number
        .parse()
        .map_err(|_| "expected a ratio such as 0.05, or 5%".to_owned())?;
    match value.is_finite() {
        true => Ok(value / scale),
        false => Err("a ratio must be finite".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn a_ratio_may_be_written_in_percent() {
        assert_eq!(ratio("0.05"), Ok(0.05));
        assert_eq!(ratio("5%"), Ok(0.05));
        assert_eq!(ratio("2.5 %"), Ok(0.025));
        for text in ["", "x", "%", "inf", "NaN"] {
            assert!(ratio(text).is_err(), "{text:?} was taken");
        }
    }
}
