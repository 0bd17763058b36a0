//! `mlts tune`: looks for parameters, shows each trial as soon as it has ended, and the model version that was trained with the best; and
//! the trials of a study that there is.

mod args;
mod show;

use super::evaluate::short_title;
use super::jobs::{failure, or_detach};
use super::new_job::show_found;
use super::retry::retrying;
use super::spec::range;
use super::train::{estimate, submitted};
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Output};
pub(crate) use args::TuneArgs;
use clap::Args;
use mltraining_proto::v1;
use std::time::Duration;

/// How often trials are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Options of `mlts study`.
#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    /// The job: its id, or its full name
    job: String,
}

pub(crate) async fn run(args: &TuneArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (project, output) = (context.project(), context.output);
    let mut request = args.request(project)?;
    let connection = context.connect().await?;
    let spec = request.spec.get_or_insert_default();
    let source = names::source(&spec.source, project)?;
    let known_before = spec.known_before;
    range::complete(&mut spec.range, known_before, &source, &connection, &output).await?;
    let job = submit(request, &connection).await?;
    if args.job.validate_only {
        return estimate(&job, context);
    }
    if args.job.detach {
        return submitted(&job, context);
    }
    let name = names::job(&job.name, project)?;
    output.note(format!("job {}", name.job));
    let study = or_detach(&name, follow(&job.name, &connection, &output)).await?;
    let job = get_job(&job.name, &connection).await?;
    if let Err(error) = failure(&job) {
        if output.format() == Format::Json {
            output.json(&job)?;
        }
        return Err(error);
    }
    show_found(&job, ("study", &study), show::study, &output)?;
    let version = study.outcome.unwrap_or_default().model_version;
    output.note(format!("\nto go on: mlts report {}", short_title(&version)));
    Ok(())
}

/// Shows what is known of a study.
pub(crate) async fn study(args: &StudyArgs, context: &Context<'_>) -> Result<(), CliError> {
    let name = names::job(&args.job, context.project())?;
    let (connection, output) = (context.connect().await?, context.output);
    let found = preview(&name.to_string(), &connection).await?;
    match output.format() {
        Format::Json => output.json(&found),
        Format::Human => output.line(show::study(&found, output.paint)),
    }
}

/// Makes the job. The request id makes a repetition after a lost answer safe.
async fn submit(request: v1::TuneModelRequest, connection: &Connection) -> Result<v1::Job, CliError> {
    retrying(async || {
        Ok(connection
            .training()
            .tune_model(request.clone())
            .await?
            .into_inner())
    })
    .await
}

async fn preview(job: &str, connection: &Connection) -> Result<v1::Study, CliError> {
    retrying(async || {
        let request = v1::PreviewStudyRequest { job: job.to_owned() };
        Ok(connection.training().preview_study(request).await?.into_inner())
    })
    .await
}

async fn get_job(name: &str, connection: &Connection) -> Result<v1::Job, CliError> {
    retrying(async || {
        let request = v1::GetJobRequest {
            name: name.to_owned(),
            view: v1::JobView::Full.into(),
        };
        Ok(connection.jobs().get_job(request).await?.into_inner())
    })
    .await
}

/// Shows each trial once it has ended in a rung, until the job has ended.
async fn follow(job: &str, connection: &Connection, output: &Output) -> Result<v1::Study, CliError> {
    let mut seen = show::Seen::default();
    loop {
        let study = preview(job, connection).await?;
        for line in seen.news(&study) {
            output.note(line);
        }
        if has_ended(study.display_state()) {
            return Ok(study);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn has_ended(state: v1::JobDisplayState) -> bool {
    matches!(
        state,
        v1::JobDisplayState::Succeeded
            | v1::JobDisplayState::Failed
            | v1::JobDisplayState::Cancelled
            | v1::JobDisplayState::Dead
    )
}
