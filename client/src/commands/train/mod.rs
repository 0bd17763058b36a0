//! `mlts train`: makes a job, follows it, and shows what came of it.

mod args;
mod outcome;

pub(crate) use args::TrainArgs;
pub(crate) use outcome::{estimate, submitted};

use super::new_job::followed;
use super::retry::retrying;
use super::spec::range;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
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
    let job = submit(request, &connection).await?;
    match followed(job, args.job(), &connection, context).await? {
        Some(job) => outcome::trained(&job, &connection, context).await,
        None => Ok(()),
    }
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
