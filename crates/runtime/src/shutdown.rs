//! SIGTERM and SIGINT.

use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that the first SIGTERM or SIGINT cancels. The second one ends the process at once, with 128 plus its number:
/// whoever asks twice does not want to wait for the drain.
///
/// # Errors
/// When the handlers cannot be installed. Needs a tokio runtime.
pub fn on_signal() -> io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        loop {
            let (name, number) = tokio::select! {
                Some(()) = terminate.recv() => ("SIGTERM", SignalKind::terminate().as_raw_value()),
                Some(()) = interrupt.recv() => ("SIGINT", SignalKind::interrupt().as_raw_value()),
                else => return,
            };
            if token.is_cancelled() {
                tracing::warn!(signal = name, "second signal: ending at once");
                exit_at_once(128 + number);
            }
            tracing::info!(signal = name, "stopping: no new work, running work has its grace");
            token.cancel();
        }
    });
    Ok(stop)
}

#[expect(clippy::disallowed_methods, reason = "the second signal asks for just this")]
fn exit_at_once(code: i32) -> ! {
    std::process::exit(code)
}
