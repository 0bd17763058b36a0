//! `mlts job retry|update`.

use super::{print, print_line};
use crate::commands::models::change::labels;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use clap::Args;
use mltraining_proto::v1;
use prost_types::FieldMask;
use std::collections::BTreeMap;

/// Jobs to try again.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// The jobs: their ids, or their full names
    #[arg(required = true, value_name = "JOB")]
    jobs: Vec<String>,
}

/// Changes priority or labels of a job; what is not said stays.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// The job: its id, or its full name
    job: String,
    /// 0 (first) to 4 (last); only while it waits
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=4))]
    priority: Option<i32>,
    /// All its labels: KEY=VALUE,..; '' takes them away
    #[arg(long, value_name = "LABELS", value_parser = labels)]
    labels: Option<BTreeMap<String, String>>,
}

/// Retries one job after the other; the first that is refused ends it.
pub(super) async fn retry(args: &RetryArgs, context: &Context<'_>) -> Result<(), CliError> {
    let names: Vec<_> = args
        .jobs
        .iter()
        .map(|job| names::job(job, context.project()))
        .collect::<Result<_, _>>()?;
    let mut jobs = context.connect().await?.jobs();
    for name in names {
        let request = v1::RetryJobRequest {
            name: name.to_string(),
            etag: String::new(),
        };
        print_line(&jobs.retry_job(request).await?.into_inner(), context)?;
    }
    Ok(())
}

pub(super) async fn update(args: &UpdateArgs, context: &Context<'_>) -> Result<(), CliError> {
    let name = names::job(&args.job, context.project())?.to_string();
    let said = [
        ("priority", args.priority.is_some()),
        ("labels", args.labels.is_some()),
    ];
    let paths: Vec<String> = said
        .into_iter()
        .filter(|(_, said)| *said)
        .map(|(path, _)| path.to_owned())
        .collect();
    if paths.is_empty() {
        return Err(CliError::Usage(
            "say what to change: --priority or --labels".to_owned(),
        ));
    }
    let job = v1::Job {
        name,
        priority: args.priority.unwrap_or_default(),
        labels: args.labels.clone().unwrap_or_default(),
        ..v1::Job::default()
    };
    let request = v1::UpdateJobRequest {
        job: Some(job),
        update_mask: Some(FieldMask { paths }),
    };
    let job = context
        .connect()
        .await?
        .jobs()
        .update_job(request)
        .await?
        .into_inner();
    print(&job, context)
}
