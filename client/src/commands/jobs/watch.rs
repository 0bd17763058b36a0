//! `mlts jobs watch`.

use super::patience::{self, Patience};
use super::show::{self, error_text, state_name};
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use crate::when;
use clap::Args;
use mltraining_proto::v1;
use mltraining_proto::v1::job_event::Event as Happened;
use mltraining_proto::v1::watch_jobs_response::Event;
use std::collections::HashMap;

/// Which jobs to follow.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Which of them, by anything but the state, e.g. 'model = pump'
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    /// The last sequence of each job.
    sequences: HashMap<String, i64>,
    /// Whether the first snapshot was shown.
    snapshot: bool,
}

impl Seen {
    /// Whether the event is new. A stream that resumes sends some again.
    fn is_new(&mut self, job: &str, sequence: i64) -> bool {
        let last = self.sequences.entry(job.to_owned()).or_default();
        let is_new = sequence > *last;
        *last = sequence.max(*last);
        is_new
    }
}

pub(super) async fn run(args: &WatchArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    tokio::select! {
        ended = follow(args, &connection, context) => ended,
        signal = tokio::signal::ctrl_c() => {
            signal?;
            Err(CliError::Detached("\nno longer watching; the jobs go on".to_owned()))
        }
    }
}

/// Shows what happens, across broken connections.
async fn follow(args: &WatchArgs, connection: &Connection, context: &Context<'_>) -> Result<(), CliError> {
    let mut request = v1::WatchJobsRequest {
        parent: context.parent(),
        filter: args.filter.clone(),
        resume_token: String::new(),
    };
    let mut seen = Seen::default();
    let mut patience = Patience::new();
    loop {
        let before = request.resume_token.clone();
        let broken = match stream(&mut request, connection, &mut seen, context).await {
            Ok(()) => patience::closed(),
            Err(error) => error,
        };
        if request.resume_token != before {
            patience.heard();
        }
        let broken = patience.bear(broken)?;
        context
            .output
            .note(format!("the connection broke, trying again: {broken}"));
        patience.pause().await;
    }
}

async fn stream(
    request: &mut v1::WatchJobsRequest,
    connection: &Connection,
    seen: &mut Seen,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let mut messages = connection
        .patient()
        .jobs()
        .watch_jobs(request.clone())
        .await?
        .into_inner();
    while let Some(message) = messages.message().await? {
        match (&message.event, context.output.format()) {
            (Some(Event::JobEvent(event)), format) => {
                let sequence = event.event.as_ref().map_or(0, |event| event.sequence);
                if seen.is_new(&event.job, sequence) {
                    match (format, line(event)) {
                        (Format::Json, _) => context.output.json(&message)?,
                        (Format::Human, Some(line)) => context.output.line(line)?,
                        (Format::Human, None) => {}
                    }
                }
            }
            (Some(Event::Snapshot(_)), Format::Json) => context.output.json(&message)?,
            (Some(Event::Snapshot(part)), Format::Human) => snapshot(part, seen, context)?,
            (Some(Event::Heartbeat(_)) | None, _) => {}
        }
        if !message.resume_token.is_empty() {
            request.resume_token = message.resume_token;
        }
    }
    Ok(())
}

/// Shows the jobs that were there at the beginning; not again when a stream resumes.
fn snapshot(part: &v1::JobsSnapshot, seen: &mut Seen, context: &Context<'_>) -> Result<(), CliError> {
    if seen.snapshot {
        return Ok(());
    }
    let jobs: Vec<v1::Job> = part
        .jobs
        .iter()
        .filter_map(|watched| watched.job.clone())
        .collect();
    if !jobs.is_empty() {
        context.output.line(show::table(&jobs, context.output.paint))?;
    }
    seen.snapshot = part.complete;
    Ok(())
}

/// `2026-01-31 12:30:05  0197...  pump  RUNNING, attempt 1`; `None` for what fills the screen and says little.
fn line(watched: &v1::WatchedJobEvent) -> Option<String> {
    let event = watched.event.as_ref()?;
    let what = match event.event.as_ref()? {
        Happened::StateChange(change) => {
            let error = change
                .error
                .as_ref()
                .map(|error| format!(": {}", error_text(error)));
            format!(
                "{}{}",
                state_name(change.display_state()),
                error.unwrap_or_default()
            )
        }
        Happened::Log(line) if line.severity() >= v1::LogSeverity::Info => line.message.clone(),
        Happened::Log(_) | Happened::Progress(_) | Happened::Snapshot(_) | Happened::Heartbeat(_) => {
            return None;
        }
    };
    let (job, model) = (names::last(&watched.job), names::last(&watched.model));
    Some(format!(
        "{}  {job}  {model}  {what}",
        when::show(event.time.as_ref())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_comes_again_is_shown_once() {
        let mut seen = Seen::default();
        assert!(seen.is_new("a", 1) && seen.is_new("a", 2) && seen.is_new("b", 1));
        assert!(!seen.is_new("a", 1) && !seen.is_new("a", 2));
        assert!(seen.is_new("a", 3));
    }

    #[test]
    fn changes_of_state_are_lines_and_progress_is_none() {
        let watched = |event| v1::WatchedJobEvent {
            job: "projects/default/jobs/0197".to_owned(),
            model: "projects/default/models/pump".to_owned(),
            event: Some(v1::JobEvent {
                sequence: 3,
                time: Some(when::timestamp(1_767_225_605_000_000)),
                event: Some(event),
            }),
        };
        let change = v1::JobStateChange {
            state: v1::JobState::Running.into(),
            display_state: v1::JobDisplayState::Running.into(),
            ..v1::JobStateChange::default()
        };
        let shown = line(&watched(Happened::StateChange(change)));
        assert_eq!(shown.as_deref(), Some("2026-01-01 00:00:05  0197  pump  RUNNING"));
        assert_eq!(line(&watched(Happened::Progress(v1::Progress::default()))), None);
    }
}
