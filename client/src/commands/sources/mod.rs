//! `mlts sources`: the tables to learn from.

mod columns;
mod contexts;
mod coverage;
mod create;
mod ensure;
mod show;

pub(crate) use ensure::{check_free, ensure, rows_of};

use create::register;

use super::pages;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Table};
use crate::when;
use clap::{Args, Subcommand};
use mltraining_proto::v1;

/// The tables to learn from.
#[derive(Debug, Args)]
pub(crate) struct SourcesArgs {
    #[command(subcommand)]
    command: Option<SourcesCommand>,
}

#[derive(Debug, Subcommand)]
enum SourcesCommand {
    /// Lists them (as `mlts sources` alone does)
    List,
    /// Shows one with its columns and phases
    Get {
        /// The source
        source: String,
    },
    /// Registers a table or view that is there already
    Create(Box<create::CreateArgs>),
    /// Counts rows, entities, gaps, NULLs and duplicates
    #[command(visible_alias = "check")]
    Coverage(coverage::CoverageArgs),
}

pub(crate) async fn run(args: SourcesArgs, context: &Context<'_>) -> Result<(), CliError> {
    match args.command {
        None | Some(SourcesCommand::List) => list(context).await,
        Some(SourcesCommand::Get { source }) => get(&source, context).await,
        Some(SourcesCommand::Create(args)) => create::run(&args, context).await,
        Some(SourcesCommand::Coverage(args)) => coverage::run(&args, context).await,
    }
}

async fn list(context: &Context<'_>) -> Result<(), CliError> {
    let mut catalog = context.connect().await?.catalog();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListSourcesRequest {
            parent: context.parent(),
            page_size,
            page_token,
        };
        let answer = catalog.list_sources(request).await?.into_inner();
        Ok((answer.sources, answer.next_page_token))
    });
    let sources = listed.await?.items;
    match context.output.format() {
        Format::Json => sources.iter().try_for_each(|source| context.output.json(source)),
        Format::Human if sources.is_empty() => {
            context
                .output
                .note("no sources yet: make one with mlts import, mlts demo-data or mlts sources create");
            Ok(())
        }
        Format::Human => context.output.line(table(&sources, context)),
    }
}

fn table(sources: &[v1::Source], context: &Context<'_>) -> String {
    let headings = [
        "source", "table", "entity", "time", ">columns", ">bar", ">phases", "created",
    ];
    let mut table = Table::new(&headings, context.output.paint);
    for source in sources {
        table.row([
            names::last(&source.name).to_owned(),
            format!("{}.{}", source.schema, source.table),
            show::entity(source).to_owned(),
            source.time_column.clone(),
            source.columns.len().to_string(),
            show::interval(source),
            source.phases.len().to_string(),
            when::show(source.create_time.as_ref()),
        ]);
    }
    table.render()
}

async fn get(source: &str, context: &Context<'_>) -> Result<(), CliError> {
    let name = names::source(source, context.project())?.to_string();
    let mut catalog = context.connect().await?.catalog();
    let source = catalog
        .get_source(v1::GetSourceRequest { name })
        .await?
        .into_inner();
    print(&source, context)
}

fn print(source: &v1::Source, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(source),
        Format::Human => context.output.line(show::source(source, context.output.paint)),
    }
}
