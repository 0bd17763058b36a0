//! `mlts job logs`.

use super::patience::{self, Patience};
use super::show::state_name;
use crate::commands::pages;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use crate::when;
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use mltraining_proto::v1;
use mltraining_proto::v1::tail_job_logs_response::Event;
use prost_types::Timestamp;

/// Which lines of which log.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The job: its id, or its full name
    job: String,
    /// Only lines of this attempt
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    attempt: Option<i64>,
    /// Only lines at least as grave
    #[arg(long, value_enum, default_value = "debug", value_name = "SEVERITY")]
    severity: Severity,
    /// Only lines written at this time or later (UTC)
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    since: Option<DateTime<Utc>>,
    /// Go on with each new line until the job has ended
    #[arg(long, short)]
    follow: bool,
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Severity {
    /// Details.
    Debug,
    /// The usual.
    Info,
    /// Strange, but the job goes on.
    Warn,
    /// The attempt fails.
    Error,
}

impl Severity {
    fn wire(self) -> i32 {
        let severity = match self {
            Self::Debug => v1::LogSeverity::Debug,
            Self::Info => v1::LogSeverity::Info,
            Self::Warn => v1::LogSeverity::Warn,
            Self::Error => v1::LogSeverity::Error,
        };
        severity.into()
    }
}

impl LogsArgs {
    fn since(&self) -> Option<Timestamp> {
        self.since.map(|at| when::timestamp(at.timestamp_micros()))
    }
}

pub(super) async fn run(args: &LogsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let name = names::job(&args.job, context.project())?.to_string();
    let connection = context.connect().await?;
    if args.follow {
        return follow(args, name, &connection, context).await;
    }
    let mut jobs = connection.jobs();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListJobLogsRequest {
            parent: name.clone(),
            page_size,
            page_token,
            attempt: args.attempt,
            min_severity: args.severity.wire(),
            since: args.since(),
        };
        let answer = jobs.list_job_logs(request).await?.into_inner();
        Ok((answer.entries, answer.next_page_token))
    });
    let entries = listed.await?.items;
    if entries.is_empty() && context.output.format() == Format::Human {
        context.output.note("no lines");
    }
    entries.iter().try_for_each(|entry| print(entry, context))
}

/// Shows each line as it is written, across broken connections, until the job has ended.
async fn follow(
    args: &LogsArgs,
    name: String,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let mut request = v1::TailJobLogsRequest {
        name,
        attempt: args.attempt,
        min_severity: args.severity.wire(),
        since: args.since(),
        follow: true,
        after_sequence: 0,
    };
    let mut patience = Patience::new();
    loop {
        let before = request.after_sequence;
        let broken = match stream(&mut request, connection, context).await {
            Ok(Some(end)) => {
                let job = names::last(&request.name);
                context.output.note(format!("job {job} is {}", state_name(end)));
                return Ok(());
            }
            Ok(None) => patience::closed(),
            Err(error) => error,
        };
        if request.after_sequence > before {
            patience.heard();
        }
        let broken = patience.bear(broken)?;
        context
            .output
            .note(format!("the connection broke, trying again: {broken}"));
        patience.pause().await;
    }
}

/// Reads one stream; gives the state in which the job ended, if it did.
async fn stream(
    request: &mut v1::TailJobLogsRequest,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<Option<v1::JobDisplayState>, CliError> {
    let mut messages = connection
        .patient()
        .jobs()
        .tail_job_logs(request.clone())
        .await?
        .into_inner();
    let mut ended = None;
    while let Some(message) = messages.message().await? {
        match message.event {
            Some(Event::Log(line)) => {
                let entry = v1::JobLogEntry {
                    sequence: message.sequence,
                    time: message.time,
                    line: Some(line),
                };
                print(&entry, context)?;
            }
            Some(Event::Snapshot(job)) if super::show::has_ended(&job) => ended = Some(job.display_state()),
            Some(Event::End(change)) => ended = Some(change.display_state()),
            Some(Event::Snapshot(_) | Event::Heartbeat(_)) | None => {}
        }
        request.after_sequence = message.sequence;
    }
    Ok(ended)
}

fn print(entry: &v1::JobLogEntry, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(entry),
        Format::Human => context.output.line(show(entry)),
    }
}

/// `2026-01-31 12:30:05 WARN  1  the line`.
fn show(entry: &v1::JobLogEntry) -> String {
    let line = entry.line.clone().unwrap_or_default();
    let severity = line.severity().as_str_name().trim_start_matches("LOG_SEVERITY_");
    let at = when::show(entry.time.as_ref());
    format!("{at} {severity:<5} {}  {}", line.attempt, line.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_with_its_time_severity_and_attempt() {
        let entry = v1::JobLogEntry {
            sequence: 7,
            time: Some(when::timestamp(1_767_225_605_000_000)),
            line: Some(v1::LogLine {
                severity: v1::LogSeverity::Warn.into(),
                message: "strange".to_owned(),
                attempt: 2,
            }),
        };
        assert_eq!(show(&entry), "2026-01-01 00:00:05 WARN  2  strange");
    }
}
