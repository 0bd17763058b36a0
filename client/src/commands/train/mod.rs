//! `mlts train`: makes a job, follows it, and shows what came of it.

mod args;
mod outcome;

pub(crate) use args::TrainArgs;
pub(crate) use outcome::{estimate, submitted};

use super::new_job::{followed, make};
use super::spec::range;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;

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
    let job = make(request, async |request| {
        connection.training().train_model(request).await
    })
    .await?;
    match followed(job, args.job(), &connection, context).await? {
        Some(job) => outcome::trained(&job, &connection, context).await,
        None => Ok(()),
    }
}
