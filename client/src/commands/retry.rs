//! Calls that are safe to make again, made again while the service is away.

use crate::errors::CliError;
use std::time::Duration;
use tokio::time::sleep;

const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A longer wait that the service asks for is left to the user.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Makes a call that changes nothing when it is repeated, up to [`TRIES`] times.
///
/// # Errors
/// The last error.
pub(crate) async fn retrying<T>(call: impl AsyncFnMut() -> Result<T, CliError>) -> Result<T, CliError> {
    with_pause(FIRST_PAUSE, call).await
}

async fn with_pause<T>(
    mut pause: Duration,
    mut call: impl AsyncFnMut() -> Result<T, CliError>,
) -> Result<T, CliError> {
    for _ in 1..TRIES {
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_transient() => error,
            Err(error) => return Err(error),
        };
        let wait = error.retry_after().unwrap_or(pause);
        if wait > LONGEST_PAUSE {
            return Err(error);
        }
        sleep(wait).await;
        pause *= 2;
    }
    call().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;

    #[tokio::test]
    async fn a_call_is_repeated_while_the_service_is_away_and_no_longer() {
        let mut calls = 0;
        let answer = with_pause(Duration::ZERO, async || {
            calls += 1;
            if calls < 3 {
                Err(Status::unavailable("away").into())
            } else {
                Ok(7)
            }
        });
        assert_eq!(answer.await.unwrap(), 7);
        assert_eq!(calls, 3);
        let mut calls = 0;
        let never: Result<(), CliError> = with_pause(Duration::ZERO, async || {
            calls += 1;
            Err(Status::unavailable("away").into())
        })
        .await;
        assert!(never.is_err());
        assert_eq!(calls, TRIES);
    }

    #[tokio::test]
    async fn a_refused_call_is_not_repeated() {
        let mut calls = 0;
        let refused: Result<(), CliError> = with_pause(Duration::ZERO, async || {
            calls += 1;
            Err(Status::invalid_argument("no").into())
        })
        .await;
        assert!(refused.is_err());
        assert_eq!(calls, 1);
    }
}
