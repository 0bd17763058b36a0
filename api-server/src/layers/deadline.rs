//! Bounds every call by the client's `grpc-timeout` and the server's own limit.

use super::next::{Next, Request, Response};
use crate::access::{self, Shape};
use crate::deadline::Deadline;
use crate::error::{self, ApiError};
use http::HeaderMap;
use mltraining_runtime::config::ServerConfig;
use std::time::Duration;

/// The header of the client's limit: at most eight digits and a unit, see the gRPC specification over HTTP/2.
const HEADER: &str = "grpc-timeout";
/// The longest wait that a long poll may ask for, on top of the time of a usual call.
const LONGEST_POLL: Duration = Duration::from_secs(30);
/// The server answers this much before the client gives up, so that the client sees our reason and not its own timer's.
const MARGIN: Duration = Duration::from_millis(100);

/// The server's own limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    call: Duration,
}

impl Limits {
    /// From `server.request_timeout`.
    pub fn new(server: &ServerConfig) -> Self {
        Self {
            call: server.request_timeout,
        }
    }

    fn of(self, shape: Shape) -> Duration {
        match shape {
            // Of a stream, this is the time until it is open.
            Shape::Unary | Shape::Stream => self.call,
            Shape::LongPoll => self.call + LONGEST_POLL,
        }
    }
}

/// Puts the [`Deadline`] into the request's extensions and ends the call when it has passed.
pub async fn deadline(limits: Limits, mut request: Request, next: Next) -> Response {
    let shape = access::find(request.uri().path()).map_or(Shape::Unary, |method| method.shape);
    let limit = match asked(request.headers()) {
        Ok(asked) => asked.map_or(limits.of(shape), |asked| limits.of(shape).min(answer_by(asked))),
        Err(refusal) => return error::refuse(refusal),
    };
    let deadline = Deadline::after(limit);
    request.extensions_mut().insert(deadline);
    match deadline.bound(next.run(request)).await {
        Ok(response) => response,
        Err(late) => error::refuse(late),
    }
}

/// A little less than the client's own limit: 5 %, at most [`MARGIN`].
fn answer_by(asked: Duration) -> Duration {
    asked - (asked / 20).min(MARGIN)
}

fn asked(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let parsed = value.to_str().ok().and_then(parse);
    let form = "expected at most 8 digits and a unit of H, M, S, m, u or n, such as 10S";
    parsed.map(Some).ok_or_else(|| ApiError::invalid(HEADER, form))
}

fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_timeout_is_read_as_the_specification_says() {
        assert_eq!(parse("10S"), Some(Duration::from_secs(10)));
        assert_eq!(parse("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse("7u"), Some(Duration::from_micros(7)));
        assert_eq!(parse("0n"), Some(Duration::ZERO));
        for text in ["", "S", "10", "-1S", "+1S", "1.5S", "123456789S", "1s", "10ä"] {
            assert_eq!(parse(text), None, "{text:?} was taken");
        }
    }

    #[test]
    fn the_server_answers_before_the_client_gives_up() {
        for millis in [1, 20, 1_000, 60_000] {
            let asked = Duration::from_millis(millis);
            assert!(answer_by(asked) < asked);
            assert!(answer_by(asked) >= asked * 9 / 10);
        }
        assert_eq!(answer_by(Duration::ZERO), Duration::ZERO);
    }
}
