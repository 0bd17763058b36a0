//! `mlts train`: makes a job, follows it, and shows what came of it.

mod args;
mod outcome;

pub(crate) use args::TrainArgs;
pub(crate) use outcome::{estimate, submitted};

use super::jobs::{Display, failure, follow, or_detach};
use super::retry::retrying;
use super::spec::range;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use mltraining_proto::v1;

pub(crate) async fn run(args: &TrainArgs, context: &Context<'_>) -> Result<(), CliError> {
    let mut request = args.request(context.project())?;
    let connection = context.connect().await?;
    let spec = request.spec.get_or_insert_default();
    let source = names::source(&spec.source, context.project())?;
    let completed = range::complete(
        &mut spec.range,
        spec.known_before,
        &source,
        &connection,
        &context.output,
    )
    .await;
    completed.map_err(|error| names::of_source(args.source(), error))?;
    let validate_only = request.validate_only;
    let job = submit(request, &connection).await?;
    if validate_only {
        return outcome::estimate(&job, context);
    }
    if args.detach() {
        return outcome::submitted(&job, context);
    }
    let name = names::job(&job.name, context.project())?;
    context.output.note(format!("job {}", name.job));
    let job = or_detach(&name, follow(&name, &connection, Display::of(context.output))).await?;
    if context.output.format() == Format::Json && failure(&job).is_err() {
        context.output.json(&job)?;
    }
    failure(&job)?;
    outcome::trained(&job, &connection, context).await
}

/// Makes the job. The request id makes a repetition after a lost answer safe.
async fn submit(request: v1::TrainModelRequest, connection: &Connection) -> Result<v1::Job, CliError> {
    retrying(async || {
        Ok(connection
            .training()
            .train_model(request.clone())
            .await?
            .into_inner())
    })
    .await
}
