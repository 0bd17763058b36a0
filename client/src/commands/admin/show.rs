//! Small things of the service for people.

use crate::names;
use crate::output::UNKNOWN;
use crate::when;
use mltraining_proto::v1;
use prost_types::Duration;

/// `NOT_READY` of `SERVER_STATE_NOT_READY` as people say it.
pub(super) fn word(value: &str, prefix: &str) -> String {
    value.trim_start_matches(prefix).to_lowercase().replace('_', " ")
}

/// A length of time that was measured.
pub(super) fn length(length: Option<&Duration>) -> String {
    let span = length.and_then(when::span);
    span.map_or_else(|| UNKNOWN.to_owned(), |span| when::show_length(span.micros()))
}

/// A queue in one line.
pub(super) fn queue(queue: &v1::Queue) -> String {
    let name = names::last(&queue.name);
    match &queue.pause_time {
        Some(at) => format!("queue {name}: paused since {}", when::show(Some(at))),
        None => format!("queue {name}: open"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words() {
        assert_eq!(word("SERVER_STATE_NOT_READY", "SERVER_STATE_"), "not ready");
        assert_eq!(length(None), "–");
        let open = v1::Queue {
            name: "queues/slow".to_owned(),
            ..v1::Queue::default()
        };
        assert_eq!(queue(&open), "queue slow: open");
    }
}
