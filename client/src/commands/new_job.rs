//! What becomes of a job that a command has made.

use super::job_options::JobOptions;
use super::jobs::{Display, failure, follow, or_detach};
use super::retry::retrying;
use super::train::{estimate, submitted};
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Output, Paint, Wire, json_value};
use mltraining_domain::name::JobName;
use mltraining_proto::v1;
use serde_json::json;
use tonic::{Response, Status};

/// Makes the job that `call` asks for. The request id makes a repetition after a lost answer safe.
pub(crate) async fn make<R: Clone>(
    request: R,
    call: impl AsyncFn(R) -> Result<Response<v1::Job>, Status>,
) -> Result<v1::Job, CliError> {
    retrying(async || Ok(call(request.clone()).await?.into_inner())).await
}

/// Follows the job until it has SUCCEEDED. `None` when nobody waits for it: then its estimate or its name is shown.
///
/// # Errors
/// [`CliError::JobFailed`], after the job as JSON where that is asked for; [`CliError::Detached`].
pub(crate) async fn followed(
    job: v1::Job,
    options: &JobOptions,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<Option<v1::Job>, CliError> {
    let display = Display::of(context.output);
    followed_by(job, options, context, async |name| {
        follow(name, connection, display).await
    })
    .await
}

/// The same with another way to follow it, which gives the job as it is at its end.
pub(crate) async fn followed_by(
    job: v1::Job,
    options: &JobOptions,
    context: &Context<'_>,
    follow: impl AsyncFnOnce(&JobName) -> Result<v1::Job, CliError>,
) -> Result<Option<v1::Job>, CliError> {
    let output = &context.output;
    if options.validate_only {
        return estimate(&job, context).map(|()| None);
    }
    if options.detach {
        return submitted(&job, context).map(|()| None);
    }
    let name = names::job(&job.name, context.project())?;
    output.note(format!("job {}", name.job));
    let job = or_detach(&name, follow(&name)).await?;
    if let Err(error) = failure(&job) {
        if output.format() == Format::Json {
            output.json(&job)?;
        }
        return Err(error);
    }
    Ok(Some(job))
}

/// Shows what the job has found: as JSON under `key` beside the job, or as `text` says it for people.
pub(crate) fn show_found<M: Wire>(
    job: &v1::Job,
    (key, found): (&str, &M),
    text: impl FnOnce(&M, Paint) -> String,
    output: &Output,
) -> Result<(), CliError> {
    match output.format() {
        Format::Json => {
            output.line(json!({ "job": json_value(job)?, (key): json_value(found)? }).to_string())
        }
        Format::Human => output.line(format!("\n{}", text(found, output.paint))),
    }
}
