//! Follows a job to its end, across broken connections.

use super::patience::{self, Patience};
use super::progress::Display;
use super::show::{has_ended, is_end};
use crate::commands::retry::retrying;
use crate::connect::Connection;
use crate::errors::CliError;
use mltraining_domain::name::JobName;
use mltraining_proto::v1;
use mltraining_proto::v1::job_event::Event;
use std::future::Future;

/// Shows the events of a job until it has ended, and returns it as it then is.
///
/// # Errors
/// What the service says; a connection that stays broken.
pub(crate) async fn follow(
    name: &JobName,
    connection: &Connection,
    mut display: Display,
) -> Result<v1::Job, CliError> {
    let outcome = until_end(name, connection, &mut display).await;
    display.finish();
    outcome?;
    full_job(name, connection).await
}

/// The job as it is now, whole.
///
/// # Errors
/// What the service says.
pub(crate) async fn full_job(name: &JobName, connection: &Connection) -> Result<v1::Job, CliError> {
    retrying(async || {
        let request = v1::GetJobRequest {
            name: name.to_string(),
            view: v1::JobView::Full.into(),
        };
        Ok(connection.jobs().get_job(request).await?.into_inner())
    })
    .await
}

async fn until_end(name: &JobName, connection: &Connection, display: &mut Display) -> Result<(), CliError> {
    let mut seen = Seen {
        sequence: 0,
        ended: false,
    };
    let mut patience = Patience::new();
    loop {
        let before = seen.sequence;
        let broken = match stream(name, connection, &mut seen, display).await {
            Ok(()) if seen.ended => return Ok(()),
            Ok(()) => patience::closed(),
            Err(error) => error,
        };
        if seen.sequence > before {
            patience.heard();
        }
        let broken = patience.bear(broken)?;
        display.broken(&broken);
        patience.pause().await;
    }
}

/// What was seen of a job so far.
struct Seen {
    sequence: i64,
    ended: bool,
}

impl Seen {
    fn note(&mut self, event: &v1::JobEvent) {
        self.sequence = self.sequence.max(event.sequence);
        // A job that was retried goes on after an end.
        self.ended = match &event.event {
            Some(Event::Snapshot(job)) => has_ended(job),
            Some(Event::StateChange(change)) => is_end(change.state()),
            _ => self.ended,
        };
    }
}

/// Reads one stream to its end. The snapshot that opens a later stream is not shown again.
async fn stream(
    name: &JobName,
    connection: &Connection,
    seen: &mut Seen,
    display: &mut Display,
) -> Result<(), CliError> {
    let resumed = seen.sequence > 0;
    let request = v1::WatchJobRequest {
        name: name.to_string(),
        after_sequence: seen.sequence,
    };
    let mut events = connection.patient().jobs().watch_job(request).await?.into_inner();
    while let Some(event) = events.message().await? {
        seen.note(&event);
        let repeated = resumed && matches!(event.event, Some(Event::Snapshot(_)));
        if !repeated {
            display.event(&event)?;
        }
    }
    Ok(())
}

/// Runs `work` until it is done or the user presses Ctrl-C, which leaves the job alone.
///
/// # Errors
/// [`CliError::Detached`] after Ctrl-C, with the commands to go on with.
pub(crate) async fn or_detach<T>(
    name: &JobName,
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::select! {
        done = work => done,
        signal = tokio::signal::ctrl_c() => {
            signal?;
            let project = match name.project.to_string().as_str() {
                "default" => String::new(),
                other => format!(" --project {other}"),
            };
            let job = name.job;
            Err(CliError::Detached(format!(
                "\nno longer watching; the job goes on\n  to watch it again: mlts job watch {job}{project}\n  to cancel it:      mlts job cancel {job}{project}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_goes_on_after_the_last_event_that_was_seen() {
        let mut seen = Seen {
            sequence: 0,
            ended: false,
        };
        let running = v1::JobStateChange {
            state: v1::JobState::Running.into(),
            ..v1::JobStateChange::default()
        };
        for (sequence, event) in [
            (0, Event::Snapshot(v1::Job::default())),
            (1, Event::StateChange(running)),
            (2, Event::Progress(v1::Progress::default())),
            (2, Event::Heartbeat(v1::Heartbeat {})),
        ] {
            seen.note(&v1::JobEvent {
                sequence,
                event: Some(event),
                time: None,
            });
        }
        assert_eq!((seen.sequence, seen.ended), (2, false));
    }

    #[test]
    fn the_end_before_a_retry_is_not_the_end() {
        let mut seen = Seen {
            sequence: 0,
            ended: false,
        };
        for (sequence, state) in (1..).zip([v1::JobState::Failed, v1::JobState::Queued]) {
            let change = v1::JobStateChange {
                state: state.into(),
                ..v1::JobStateChange::default()
            };
            seen.note(&v1::JobEvent {
                sequence,
                event: Some(Event::StateChange(change)),
                time: None,
            });
        }
        assert!(!seen.ended);
    }

    #[test]
    fn an_end_is_seen_in_a_change_or_in_the_first_snapshot() {
        let dead = v1::JobStateChange {
            state: v1::JobState::Dead.into(),
            ..v1::JobStateChange::default()
        };
        let done = v1::Job {
            state: v1::JobState::Succeeded.into(),
            ..v1::Job::default()
        };
        for event in [Event::StateChange(dead), Event::Snapshot(done)] {
            let mut seen = Seen {
                sequence: 0,
                ended: false,
            };
            seen.note(&v1::JobEvent {
                sequence: 3,
                event: Some(event),
                time: None,
            });
            assert!(seen.ended);
        }
    }
}
