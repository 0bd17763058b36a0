//! Where results and messages go: results to stdout, for people or as JSON; everything else to stderr.

mod chart;
mod color;
mod json;
mod number;
mod plain;
mod problem;
mod table;

pub(crate) use chart::bar;
pub(crate) use color::{Paint, Tone};
pub(crate) use json::{Wire, from_json, json_value};
pub(crate) use number::{bytes, count, counted, metric, share, signed, value};
pub(crate) use plain::escaped;
pub(crate) use table::Table;

use crate::cli::Global;
use crate::errors::CliError;
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// How something unknown or undefined is shown. Never as 0.
pub(crate) const UNKNOWN: &str = "–";

/// For whom results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Tables and sentences.
    Human,
    /// JSON lines.
    Json,
}

/// Standard output and standard error, as this call uses them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
    /// Colors of results.
    pub(crate) paint: Paint,
    /// Colors of messages.
    pub(crate) message_paint: Paint,
}

impl Output {
    /// Looks at the options and at the terminal.
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            format: if global.json { Format::Json } else { Format::Human },
            paint: Paint::choose(global.color, io::stdout().is_terminal()),
            message_paint: Paint::choose(global.color, io::stderr().is_terminal()),
        }
    }

    /// For whom results are printed.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// True when messages are read by someone who sees them change in place.
    pub(crate) fn is_live(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Prints a line of the result.
    ///
    /// # Errors
    /// [`CliError::OutputClosed`] when nobody reads any more.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", self.shown(text.as_ref(), self.paint))?;
        Ok(out.flush()?)
    }

    /// Prints a message of the service as one line of JSON.
    ///
    /// # Errors
    /// [`CliError::OutputClosed`] when nobody reads any more.
    pub(crate) fn json<M: Wire>(&self, message: &M) -> Result<(), CliError> {
        self.line(json_value(message)?.to_string())
    }

    /// Prints a message for people; not part of the result.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        // Without a stderr there is nobody to tell.
        let text = self.shown(text.as_ref(), self.message_paint);
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Names and messages come from tables and requests of others: nothing in them may steer the terminal.
    fn shown(self, text: &str, paint: Paint) -> Cow<'_, str> {
        match (self.format, paint) {
            (Format::Json, _) => Cow::Borrowed(text),
            (Format::Human, Paint::Plain) => escaped(text),
            (Format::Human, Paint::Color) => plain::escaped_around_colors(text),
        }
    }

    /// Prints why the command ends without success.
    pub(crate) fn error(&self, error: &CliError) {
        match (error, self.format) {
            (CliError::OutputClosed, _) => {}
            (error, Format::Json) => self.note(error.json().to_string()),
            (error, Format::Human) => self.note(problem::render(error, self.message_paint)),
        }
    }
}
