//! `mlts dataset`: what a training would learn from, before anything is trained.

mod check;
mod show;

use super::spec::label::describe;
use super::spec::range;
use super::spec::whole::SpecArgs;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use clap::{Args, Subcommand};
use mltraining_domain::name::SourceName;
use mltraining_proto::v1;

/// What a training would learn from.
#[derive(Debug, Args)]
pub(crate) struct DatasetArgs {
    #[command(subcommand)]
    command: DatasetCommand,
}

#[derive(Debug, Subcommand)]
enum DatasetCommand {
    /// Shows features, rows and folds as a training has them; trains nothing
    Preview(Box<PreviewArgs>),
    /// Looks for what a model would be told and could not know; trains nothing
    ///
    /// Features that change when later rows do, that know the label alone, that copy the target or each other; rows that come
    /// twice; columns that were filled in later. The second table says how much was looked at.
    Check(Box<check::CheckArgs>),
}

/// Takes the options of `mlts train` that say what is learned from.
#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    #[command(flatten)]
    spec: SpecArgs,
    /// Rows that are shown, spread evenly over time
    #[arg(long, value_name = "N", default_value_t = 5)]
    show: i32,
}

pub(crate) async fn run(args: &DatasetArgs, context: &Context<'_>) -> Result<(), CliError> {
    match &args.command {
        DatasetCommand::Preview(args) => {
            let shown = preview(args, context).await;
            shown.map_err(|error| names::of_source(args.spec.source(), error))
        }
        DatasetCommand::Check(args) => check::run(args, context).await,
    }
}

/// The spec with its whole range, its source, and the connection that was asked for it.
async fn completed(
    args: &SpecArgs,
    context: &Context<'_>,
) -> Result<(v1::TrainSpec, SourceName, Connection), CliError> {
    let mut spec = args.spec(context.project())?;
    let source = names::source(&spec.source, context.project())?;
    let connection = context.connect().await?;
    range::complete(
        &mut spec.range,
        spec.known_before,
        &source,
        &connection,
        &context.output,
    )
    .await?;
    Ok((spec, source, connection))
}

async fn preview(args: &PreviewArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (spec, source, connection) = completed(&args.spec, context).await?;
    let title = format!("{} in {}", describe(spec.label.as_ref()), source.source);
    let request = v1::PreviewDatasetRequest {
        parent: format!("projects/{}", source.project),
        spec: Some(spec),
        max_rows_shown: Some(args.show),
    };
    let preview = connection.dataset().preview_dataset(request).await?.into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&preview),
        Format::Human => context
            .output
            .line(show::text(&title, &preview, context.output.paint)),
    }
}
