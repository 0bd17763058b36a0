//! How long a stream that broke is opened again.

use crate::errors::CliError;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// First pause before a broken stream is opened again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// So long without any answer, it is given up.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// The patience with one stream.
pub(super) struct Patience {
    pause: Duration,
    heard: Instant,
}

/// A stream that ended though there is more to tell.
pub(super) fn closed() -> CliError {
    CliError::Unavailable("the service closed the stream".to_owned())
}

impl Patience {
    /// Full patience.
    pub(super) fn new() -> Self {
        Self {
            pause: FIRST_PAUSE,
            heard: Instant::now(),
        }
    }

    /// Something new was heard.
    pub(super) fn heard(&mut self) {
        *self = Self::new();
    }

    /// Gives the error back when another try may help.
    ///
    /// # Errors
    /// The error, when none will, or the silence has been too long.
    pub(super) fn bear(&self, broken: CliError) -> Result<CliError, CliError> {
        if broken.is_transient() && self.heard.elapsed() <= LONGEST_SILENCE {
            return Ok(broken);
        }
        Err(broken)
    }

    /// Waits before the next try, longer each time.
    pub(super) async fn pause(&mut self) {
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}
