//! `mlts jobs cancel|count`.

use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, UNKNOWN, count as shown_count, counted};
use clap::Args;
use mltraining_proto::v1;

/// Which jobs to cancel.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The jobs: their ids, or their full names; with --filter, those of them that pass
    #[arg(value_name = "JOB", required_unless_present = "filter")]
    jobs: Vec<String>,
    /// Jobs that have not ended and pass, e.g. 'labels.sweep = 7 AND state = QUEUED'
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// Why, for people
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Cancel nothing; say what would be
    #[arg(long)]
    dry_run: bool,
}

/// Which jobs to count, and how.
#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    /// What to count apart: state, kind, labels.KEY
    #[arg(long, value_name = "PART,..", value_delimiter = ',')]
    by: Vec<String>,
    /// Which of them, e.g. 'state = RUNNING'
    #[arg(long, value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
}

pub(super) async fn cancel(args: &CancelArgs, context: &Context<'_>) -> Result<(), CliError> {
    let names = args.jobs.iter().map(|job| names::job(job, context.project()));
    let names = names
        .map(|name| Ok(name?.to_string()))
        .collect::<Result<_, CliError>>()?;
    let request = v1::BatchCancelJobsRequest {
        parent: context.parent(),
        filter: args.filter.clone(),
        names,
        reason: args.reason.clone(),
        validate_only: args.dry_run,
    };
    let answer = context
        .connect()
        .await?
        .jobs()
        .batch_cancel_jobs(request)
        .await?
        .into_inner();
    if context.output.format() == Format::Json {
        return context.output.json(&answer);
    }
    for name in &answer.names {
        context.output.line(names::last(name))?;
    }
    let mood = if args.dry_run { Mood::Would } else { Mood::Did };
    context.output.note(outcome(&answer, mood));
    Ok(())
}

/// Whether jobs were cancelled, or only would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Did,
    Would,
}

/// `3 jobs cancelled, 1 asked to stop, 2 had ended already`.
fn outcome(answer: &v1::BatchCancelJobsResponse, mood: Mood) -> String {
    let cancelled = counted(answer.cancelled_count.into(), "job", "jobs");
    let (asked, ended) = (answer.cancelling_count, answer.already_final_count);
    let hit = i64::from(answer.cancelled_count) + i64::from(asked);
    let more = hit - answer.names.len() as i64;
    let more = match more {
        1.. => format!("; {} more are not listed", shown_count(more)),
        _ => String::new(),
    };
    match mood {
        Mood::Would => format!(
            "nothing was cancelled: {cancelled} would be, {asked} would be asked to stop, {ended} had ended already{more}"
        ),
        Mood::Did => format!("{cancelled} cancelled, {asked} asked to stop, {ended} had ended already{more}"),
    }
}

pub(super) async fn count(args: &CountArgs, context: &Context<'_>) -> Result<(), CliError> {
    let request = v1::CountJobsRequest {
        parent: context.parent(),
        filter: args.filter.clone(),
        group_by: args.by.clone(),
    };
    let answer = context
        .connect()
        .await?
        .jobs()
        .count_jobs(request)
        .await?
        .into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&answer),
        Format::Human if args.by.is_empty() => context.output.line(shown_count(answer.total_count)),
        Format::Human => {
            context
                .output
                .line(table(&answer, &args.by, context.output.paint))?;
            context.output.note(counted(answer.total_count, "job", "jobs"));
            Ok(())
        }
    }
}

fn table(answer: &v1::CountJobsResponse, by: &[String], paint: Paint) -> String {
    let headings: Vec<&str> = by.iter().map(String::as_str).chain([">jobs"]).collect();
    let mut table = Table::new(&headings, paint);
    for group in &answer.groups {
        let cells = by.iter().map(|part| match part.as_str() {
            "state" => group
                .state()
                .as_str_name()
                .trim_start_matches("JOB_STATE_")
                .to_owned(),
            "kind" => group
                .kind()
                .as_str_name()
                .trim_start_matches("JOB_KIND_")
                .to_owned(),
            label => {
                let value = group.labels.get(label.trim_start_matches("labels."));
                value.cloned().unwrap_or_else(|| UNKNOWN.to_owned())
            }
        });
        table.row(cells.chain([shown_count(group.count)]));
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_a_table_of_what_was_asked_for() {
        let group = |state: v1::JobState, team: Option<&str>, count| v1::JobCount {
            state: state.into(),
            labels: team
                .map(|team| ("team".to_owned(), team.to_owned()))
                .into_iter()
                .collect(),
            count,
            ..v1::JobCount::default()
        };
        let answer = v1::CountJobsResponse {
            total_count: 1202,
            groups: vec![
                group(v1::JobState::Queued, Some("alpha"), 1200),
                group(v1::JobState::Dead, None, 2),
            ],
        };
        let by = ["state".to_owned(), "labels.team".to_owned()];
        assert_eq!(
            table(&answer, &by, Paint::Plain),
            "state   labels.team   jobs\nQUEUED  alpha        1,200\nDEAD    –                2"
        );
    }

    #[test]
    fn a_dry_run_says_that_nothing_was_cancelled() {
        let answer = v1::BatchCancelJobsResponse {
            cancelled_count: 150,
            cancelling_count: 1,
            already_final_count: 2,
            names: vec![String::new(); 100],
        };
        assert_eq!(
            outcome(&answer, Mood::Did),
            "150 jobs cancelled, 1 asked to stop, 2 had ended already; 51 more are not listed"
        );
        assert!(outcome(&answer, Mood::Would).starts_with("nothing was cancelled: 150 jobs would be"));
    }
}
