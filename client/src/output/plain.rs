//! Texts of others on a terminal, which takes control characters for orders.

use std::borrow::Cow;

/// The text with every control character but line breaks and tabs written out, ESC as `\u{1b}`.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let orders = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(orders) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match orders(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The same for a text that may hold the colors of [`super::Paint`]: those stay.
pub(crate) fn escaped_around_colors(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return escaped(text);
    }
    let mut parts = text.split('\u{1b}');
    let mut shown = escaped(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let escape = if is_color(part) { "\u{1b}" } else { "\\u{1b}" };
        shown.push_str(escape);
        shown.push_str(&escaped(part));
    }
    Cow::Owned(shown)
}

/// Select Graphic Rendition (ECMA-48): `[`, numbers, `m`. It colors text and does nothing else.
fn is_color(after_escape: &str) -> bool {
    let numbers = after_escape.strip_prefix('[');
    let end = numbers.and_then(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')
            .chars()
            .next()
    });
    end == Some('m')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Paint, Tone};

    #[test]
    fn orders_to_a_terminal_are_written_out() {
        assert_eq!(
            escaped("a\u{1b}[2Jb\r\u{7}\u{9b}c"),
            "a\\u{1b}[2Jb\\u{d}\\u{7}\\u{9b}c"
        );
        assert_eq!(escaped("Zoë\tline\nline"), "Zoë\tline\nline");
    }

    #[test]
    fn our_colors_stay_and_nothing_else_passes() {
        let ours = Paint::Color.text(Tone::Bad, "x");
        assert_eq!(escaped_around_colors(&ours), ours);
        let theirs = "\u{1b}]0;title\u{7}\u{1b}[1;1H\u{1b}c\u{1b}";
        assert_eq!(
            escaped_around_colors(theirs),
            "\\u{1b}]0;title\\u{7}\\u{1b}[1;1H\\u{1b}c\\u{1b}"
        );
    }
}
