//! `mlts tune`: looks for parameters, shows each trial as soon as it has ended, and the model version that was trained with the best; and
//! the trials of a study that there is.

mod args;
mod list;
mod show;

use super::evaluate::short_title;
use super::jobs::full_job;
use super::new_job::{followed_by, make, show_found};
use super::retry::retrying;
use super::spec::range;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Output};
pub(crate) use args::TuneArgs;
use clap::Args;
pub(crate) use list::{StudiesArgs, list};
use mltraining_domain::name::JobName;
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
    let job = make(request, async |request| {
        connection.training().tune_model(request).await
    })
    .await?;
    let mut study = v1::Study::default();
    let follow = async |name: &JobName| {
        study = follow(&name.to_string(), &connection, &output).await?;
        full_job(name, &connection).await
    };
    let Some(job) = followed_by(job, &args.job, context, follow).await? else {
        return Ok(());
    };
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

async fn preview(job: &str, connection: &Connection) -> Result<v1::Study, CliError> {
    retrying(async || {
        let request = v1::PreviewStudyRequest { job: job.to_owned() };
        Ok(connection.training().preview_study(request).await?.into_inner())
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
