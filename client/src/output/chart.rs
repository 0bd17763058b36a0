//! Small charts made of text.

const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A horizontal bar of `value` on a scale from 0 to `largest`, at most `width` characters. A value above 0 is always
/// visible; one that is unknown has no bar.
pub(crate) fn bar(value: Option<f64>, largest: f64, width: usize) -> String {
    let Some(value) = value.filter(|value| value.is_finite() && *value > 0.0 && largest > 0.0) else {
        return String::new();
    };
    let eighths = ((value / largest).min(1.0) * (width * 8) as f64).round().max(1.0) as usize;
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS[eighths % 8]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_value() {
        assert_eq!(bar(Some(1.0), 1.0, 4), "████");
        assert_eq!(bar(Some(0.5), 1.0, 4), "██");
        assert_eq!(bar(Some(0.40625), 1.0, 4), "█▋");
        assert_eq!(bar(Some(2.0), 1.0, 4), "████");
    }

    #[test]
    fn a_small_value_is_visible_and_none_is_not() {
        assert_eq!(bar(Some(1e-9), 1.0, 10), "▏");
        for nothing in [None, Some(0.0), Some(f64::NAN)] {
            assert_eq!(bar(nothing, 1.0, 10), "");
        }
        assert_eq!(bar(Some(1.0), 0.0, 10), "");
    }
}
