//! `mlts jobs` and `mlts job`: shows, follows and cancels jobs.

mod follow;
mod progress;
mod show;

pub(crate) use follow::{follow, or_detach};
pub(crate) use progress::Display;
pub(crate) use show::failure;

use super::pages::{self, ListArgs, Rest};
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use crate::when;
use clap::{Args, Subcommand};
use mltraining_domain::Span;
use mltraining_domain::name::JobName;
use mltraining_proto::v1;
use tokio::time::Instant;

/// Longest wait of one call, in seconds; the service allows no more.
const LONGEST_CALL: u64 = 20;

/// Options of `mlts jobs`.
#[derive(Debug, Args)]
pub(crate) struct JobsArgs {
    #[command(flatten)]
    list: ListArgs,
}

/// Shows, follows or cancels one job.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    #[command(subcommand)]
    command: JobCommand,
}

#[derive(Debug, Subcommand)]
enum JobCommand {
    /// Shows a job with its spec and its attempts
    Get {
        /// The job: its id, or its full name
        job: String,
    },
    /// Follows a job to its end; Ctrl-C leaves it running
    Watch {
        /// The job: its id, or its full name
        job: String,
    },
    /// Waits for the end of a job
    Wait {
        /// The job: its id, or its full name
        job: String,
        /// Longest wait [default: for ever]
        #[arg(long, value_name = "TIME")]
        r#for: Option<Span>,
    },
    /// Cancels a job
    Cancel {
        /// The job: its id, or its full name
        job: String,
        /// Why, for people
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        reason: String,
    },
}

pub(crate) async fn list(args: &JobsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let mut jobs = context.connect().await?.jobs();
    let listed = pages::collect(args.list.limit(), async |page_size, page_token| {
        let request = v1::ListJobsRequest {
            parent: context.parent(),
            filter: args.list.filter.clone(),
            page_size,
            page_token,
            ..v1::ListJobsRequest::default()
        };
        let answer = jobs.list_jobs(request).await?.into_inner();
        Ok((answer.jobs, answer.next_page_token))
    });
    let listed = listed.await?;
    match context.output.format() {
        Format::Json => listed.items.iter().try_for_each(|job| context.output.json(job))?,
        Format::Human if listed.items.is_empty() => context.output.note("no jobs"),
        Format::Human => context
            .output
            .line(show::table(&listed.items, context.output.paint))?,
    }
    if listed.rest == Rest::Some {
        context
            .output
            .note("there are more: --all shows them, --limit N more of them");
    }
    Ok(())
}

pub(crate) async fn run(args: &JobArgs, context: &Context<'_>) -> Result<(), CliError> {
    match &args.command {
        JobCommand::Get { job } => {
            let name = names::job(job, context.project())?;
            print(&get(&name, context).await?, context)
        }
        JobCommand::Watch { job } => watch(&names::job(job, context.project())?, context).await,
        JobCommand::Wait { job, r#for } => wait(&names::job(job, context.project())?, *r#for, context).await,
        JobCommand::Cancel { job, reason } => {
            cancel(&names::job(job, context.project())?, reason, context).await
        }
    }
}

async fn get(name: &JobName, context: &Context<'_>) -> Result<v1::Job, CliError> {
    let request = v1::GetJobRequest {
        name: name.to_string(),
        view: v1::JobView::Full.into(),
    };
    Ok(context
        .connect()
        .await?
        .jobs()
        .get_job(request)
        .await?
        .into_inner())
}

fn print(job: &v1::Job, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(job),
        Format::Human => context.output.line(show::job(job, context.output.paint)),
    }
}

async fn watch(name: &JobName, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let events = match context.output.format() {
        Format::Json => Display::Events(context.output),
        Format::Human => Display::of(context.output),
    };
    let job = or_detach(name, follow(name, &connection, events)).await?;
    if context.output.format() == Format::Human {
        context.output.line(show::end(&job, context.output.paint))?;
    }
    failure(&job)
}

async fn wait(name: &JobName, longest: Option<Span>, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?.patient();
    let deadline = longest.map(|span| Instant::now() + span.into());
    let work = async {
        loop {
            let left = deadline.map_or(LONGEST_CALL, |end| {
                end.duration_since(Instant::now()).as_secs().min(LONGEST_CALL)
            });
            let timeout = Some(when::duration(Span::from_secs(left as u32)));
            let request = v1::WaitJobRequest {
                name: name.to_string(),
                timeout,
            };
            let job = connection.jobs().wait_job(request).await?.into_inner();
            if show::has_ended(&job) {
                return Ok(job);
            }
            if deadline.is_some_and(|end| Instant::now() >= end || left == 0) {
                let state = show::state(&job);
                return Err(CliError::Unavailable(format!(
                    "job {} is still {state}",
                    name.job
                )));
            }
        }
    };
    let job = or_detach(name, work).await?;
    match context.output.format() {
        Format::Json => context.output.json(&job)?,
        Format::Human => context.output.line(show::end(&job, context.output.paint))?,
    }
    failure(&job)
}

async fn cancel(name: &JobName, reason: &str, context: &Context<'_>) -> Result<(), CliError> {
    let request = v1::CancelJobRequest {
        name: name.to_string(),
        reason: reason.to_owned(),
        etag: String::new(),
    };
    let job = context
        .connect()
        .await?
        .jobs()
        .cancel_job(request)
        .await?
        .into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&job),
        Format::Human => context.output.line(show::line(&job, context.output.paint)),
    }
}
