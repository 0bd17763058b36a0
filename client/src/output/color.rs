//! Colors, where somebody sees them.

use crate::cli::ColorChoice;
use std::env;

/// Whether text is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// With ANSI escapes.
    Color,
    /// As it is.
    Plain,
}

/// What a piece of text is, not how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A heading.
    Title,
    /// Of less interest.
    Faint,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
}

impl Paint {
    /// By the option, the terminal, and NO_COLOR (<https://no-color.org>: set and not empty).
    pub(crate) fn choose(choice: ColorChoice, is_terminal: bool) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        match choice {
            ColorChoice::Always => Self::Color,
            ColorChoice::Auto if is_terminal && !unwanted && !dumb => Self::Color,
            _ => Self::Plain,
        }
    }

    /// The text in its tone.
    pub(crate) fn text(self, tone: Tone, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        match self {
            Self::Plain => text.to_owned(),
            Self::Color => format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()),
        }
    }
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Title => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Warn => "33",
            Self::Bad => "31",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_no_colors_unless_it_asks_for_them() {
        assert_eq!(Paint::choose(ColorChoice::Auto, false), Paint::Plain);
        assert_eq!(Paint::choose(ColorChoice::Always, false), Paint::Color);
        assert_eq!(Paint::choose(ColorChoice::Never, true), Paint::Plain);
        assert_eq!(Paint::Plain.text(Tone::Bad, "x"), "x");
        assert_eq!(Paint::Color.text(Tone::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
