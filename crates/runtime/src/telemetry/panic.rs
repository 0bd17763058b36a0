//! Panics as log lines.

use std::panic::PanicHookInfo;

/// Makes each panic one ERROR line with `panic.message` and `panic.location`, within the span it happened in, instead
/// of loose text on standard error.
pub(super) fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string);
        tracing::error!(
            panic.message = message(info),
            panic.location = location,
            "panicked"
        );
    }));
}

fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("a payload that is no text")
}
