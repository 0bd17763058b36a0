//! `mlts jobs stats`.

use super::show::state_name;
use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Format, Paint, Table, UNKNOWN, count};
use crate::when;
use clap::Args;
use mltraining_proto::v1;
use prost_types::Duration;

/// Which queue.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// The queue
    #[arg(long, value_name = "QUEUE", default_value = "default")]
    queue: String,
}

pub(super) async fn stats(args: &StatsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let request = v1::GetQueueStatsRequest {
        parent: context.parent(),
        queue: args.queue.clone(),
    };
    let stats = context
        .connect()
        .await?
        .jobs()
        .get_queue_stats(request)
        .await?
        .into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&stats),
        Format::Human => context.output.line(show(&stats, context.output.paint)),
    }
}

fn show(stats: &v1::QueueStats, paint: Paint) -> String {
    let mut facts = Table::new(&["queue", &stats.queue], paint);
    let mut fact = |name: &str, value: String| facts.row([name.to_owned(), value]);
    if let Some(pause) = &stats.pause_time {
        fact("paused since", when::show(Some(pause)));
    }
    fact("due", count(stats.due_count));
    fact("scheduled", count(stats.scheduled_count));
    fact(
        "running",
        format!("{} of {}", count(stats.running_count), stats.max_running),
    );
    fact("oldest waits", length(stats.oldest_age.as_ref()));
    fact("workers", workers(stats));
    fact(
        "slots",
        format!(
            "{} of {} free",
            count(stats.free_slot_count),
            count(stats.slot_count)
        ),
    );
    fact("a job takes", length(stats.mean_run_duration.as_ref()));
    fact("a new job waits", length(stats.expected_wait.as_ref()));
    if stats.depth.is_empty() {
        return facts.render();
    }
    let mut depth = Table::new(&["state", ">priority", ">jobs"], paint);
    for entry in &stats.depth {
        let state = state_name(entry.state()).to_owned();
        depth.row([state, entry.priority.to_string(), count(entry.count)]);
    }
    format!("{}\n\n{}", facts.render(), depth.render())
}

fn workers(stats: &v1::QueueStats) -> String {
    match stats.draining_worker_count {
        0 => count(stats.worker_count),
        draining => format!("{}, and {} draining", count(stats.worker_count), count(draining)),
    }
}

fn length(length: Option<&Duration>) -> String {
    let span = length.and_then(when::span);
    span.map_or_else(|| UNKNOWN.to_owned(), |span| when::show_length(span.micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_shows_what_is_known_of_it() {
        let stats = v1::QueueStats {
            queue: "default".to_owned(),
            due_count: 3,
            running_count: 2,
            max_running: 4,
            worker_count: 1,
            draining_worker_count: 1,
            slot_count: 2,
            oldest_age: Some(Duration {
                seconds: 90,
                nanos: 0,
            }),
            depth: vec![v1::QueueDepth {
                state: v1::JobDisplayState::Queued.into(),
                priority: 2,
                count: 3,
            }],
            ..v1::QueueStats::default()
        };
        let shown = show(&stats, Paint::Plain);
        for line in [
            "running          2 of 4",
            "oldest waits     1m 30s",
            "workers          1, and 1 draining",
            "slots            0 of 2 free",
            "a new job waits  –",
            "QUEUED         2     3",
        ] {
            assert!(
                shown.lines().any(|shown| shown == line),
                "no `{line}` in\n{shown}"
            );
        }
    }
}
