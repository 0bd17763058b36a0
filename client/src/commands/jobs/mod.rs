//! `mlts jobs` and `mlts job`: shows, follows, changes, cancels and retries jobs.

mod batch;
mod change;
mod follow;
mod logs;
mod patience;
mod progress;
mod queue;
mod show;
mod watch;

pub(crate) use follow::{follow, full_job, or_detach};
pub(crate) use progress::Display;
pub(crate) use show::{failure, state_name};

use super::pages::{self, ListArgs};
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
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct JobsArgs {
    #[command(flatten)]
    list: ListArgs,
    #[command(subcommand)]
    command: Option<JobsCommand>,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// Cancels many jobs: those that pass a filter, or the named ones
    Cancel(batch::CancelArgs),
    /// Counts jobs, in groups
    Count(batch::CountArgs),
    /// Shows how full a queue is, and how long a new job may wait
    Stats(queue::StatsArgs),
    /// Follows all jobs; Ctrl-C leaves them running
    Watch(watch::WatchArgs),
    /// Lets jobs that failed, died or were cancelled run again
    Retry(change::RetryArgs),
    /// Changes the priority or the labels of a job
    Update(change::UpdateArgs),
    /// Shows the log of a job
    Logs(logs::LogsArgs),
}

/// Shows, follows, changes, cancels or retries one job.
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
    /// Lets a job that failed, died or was cancelled run again
    Retry(change::RetryArgs),
    /// Changes its priority or its labels
    Update(change::UpdateArgs),
    /// Shows its log
    Logs(logs::LogsArgs),
    /// Cancels a job
    Cancel {
        /// The job: its id, or its full name
        job: String,
        /// Why, for people
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        reason: String,
    },
}

pub(crate) async fn run_many(args: &JobsArgs, context: &Context<'_>) -> Result<(), CliError> {
    match &args.command {
        None => list(&args.list, context).await,
        Some(JobsCommand::Cancel(args)) => batch::cancel(args, context).await,
        Some(JobsCommand::Count(args)) => batch::count(args, context).await,
        Some(JobsCommand::Stats(args)) => queue::stats(args, context).await,
        Some(JobsCommand::Watch(args)) => watch::run(args, context).await,
        Some(JobsCommand::Retry(args)) => change::retry(args, context).await,
        Some(JobsCommand::Update(args)) => change::update(args, context).await,
        Some(JobsCommand::Logs(args)) => logs::run(args, context).await,
    }
}

async fn list(args: &ListArgs, context: &Context<'_>) -> Result<(), CliError> {
    let mut jobs = context.connect().await?.jobs();
    let listed = pages::collect(args.limit(), async |page_size, page_token| {
        let request = v1::ListJobsRequest {
            parent: context.parent(),
            filter: args.filter.clone(),
            page_size,
            page_token,
            ..v1::ListJobsRequest::default()
        };
        let answer = jobs.list_jobs(request).await?.into_inner();
        Ok((answer.jobs, answer.next_page_token))
    });
    listed.await?.show(&context.output, "no jobs", show::table)
}

pub(crate) async fn run(args: &JobArgs, context: &Context<'_>) -> Result<(), CliError> {
    match &args.command {
        JobCommand::Get { job } => {
            let name = names::job(job, context.project())?;
            print(&get(&name, context).await?, context)
        }
        JobCommand::Watch { job } => watch(&names::job(job, context.project())?, context).await,
        JobCommand::Wait { job, r#for } => wait(&names::job(job, context.project())?, *r#for, context).await,
        JobCommand::Retry(args) => change::retry(args, context).await,
        JobCommand::Update(args) => change::update(args, context).await,
        JobCommand::Logs(args) => logs::run(args, context).await,
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
    print_line(&job, context)
}

fn print_line(job: &v1::Job, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(job),
        Format::Human => context.output.line(show::line(job, context.output.paint)),
    }
}
