//! Events of a job, as WatchJob sends them.

use super::job::{show_display_state, show_state};
use super::time::show_instant;
use super::{job_error, progress};
use chrono::{DateTime, Utc};
use mltraining_proto::v1;
use mltraining_store::jobs::{EventBody, JobEvent, LogSeverity, StateChange};
use v1::job_event::Event;

/// The event as the wire holds it. `result` is that of a job whose state became SUCCEEDED.
pub(crate) fn show(event: &JobEvent, result: Option<v1::JobResult>) -> v1::JobEvent {
    let body = match &event.body {
        EventBody::State(change) => Event::StateChange(show_change(event, change, result)),
        EventBody::Phase(progress) | EventBody::Progress(progress) => {
            Event::Progress(progress::show(progress, Some(event.at)))
        }
        EventBody::Log { severity, message } => Event::Log(v1::LogLine {
            severity: show_severity(*severity).into(),
            message: message.clone(),
            attempt: event.epoch.0,
        }),
    };
    message(event.seq, event.at, body)
}

/// A message of a stream whose last event was `sequence`.
pub(crate) fn message(sequence: i64, at: DateTime<Utc>, event: Event) -> v1::JobEvent {
    v1::JobEvent {
        sequence,
        time: Some(show_instant(at)),
        event: Some(event),
    }
}

/// The change of a job's state. `result` is that of a job that became SUCCEEDED.
pub(crate) fn show_change(
    event: &JobEvent,
    change: &StateChange,
    result: Option<v1::JobResult>,
) -> v1::JobStateChange {
    let scheduled = change.run_at.is_some();
    let display_state = change
        .state
        .display(event.epoch.0, scheduled, change.cancel_requested);
    v1::JobStateChange {
        state: show_state(change.state).into(),
        display_state: show_display_state(display_state).into(),
        attempt: event.epoch.0,
        error: change.error.as_ref().map(job_error::show),
        result,
        run_time: change.run_at.map(show_instant),
    }
}

/// The severity as the wire numbers it.
pub(crate) fn show_severity(severity: LogSeverity) -> v1::LogSeverity {
    match severity {
        LogSeverity::Debug => v1::LogSeverity::Debug,
        LogSeverity::Info => v1::LogSeverity::Info,
        LogSeverity::Warn => v1::LogSeverity::Warn,
        LogSeverity::Error => v1::LogSeverity::Error,
    }
}
