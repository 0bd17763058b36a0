//! `mlts sources create`: registers a table or view.

use super::{columns, contexts};
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::from_json;
use crate::when;
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use mltraining_domain::name::SourceName;
use mltraining_domain::{ProjectId, SourceId, Span};
use mltraining_proto::v1;
use std::fs;
use std::path::PathBuf;
use uuid::Uuid;

/// Registers a table or view that is there already.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Name of the new source
    source: SourceId,
    /// A file with the Source as JSON; options change it
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// SQL schema of the table [default: public]
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
    /// Table or view
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Column that says whose row it is
    #[arg(long, value_name = "COLUMN", conflicts_with = "single_series")]
    entity_column: Option<String>,
    /// The whole table is one series, for example exchange rates
    #[arg(long)]
    single_series: bool,
    /// Column that says when the row's bar was complete
    #[arg(long, value_name = "COLUMN")]
    time_column: Option<String>,
    /// Column with the id of the phase
    #[arg(long, value_name = "COLUMN")]
    phase_column: Option<String>,
    /// Column that says when the row was recorded
    #[arg(long, value_name = "COLUMN")]
    recorded_time_column: Option<String>,
    /// Usual distance of two bars: 5m
    #[arg(long, value_name = "TIME")]
    bar: Option<Span>,
    /// A value column: NAME, NAME=ROLE or NAME=ROLE:UNIT; repeat it [default: every numeric column]
    #[arg(long = "column", value_name = "COLUMN", value_parser = columns::column)]
    columns: Vec<v1::SourceColumn>,
    /// A phase: ID=INTERVAL or ID=INTERVAL:NAME; repeat it
    #[arg(long = "phase", value_name = "PHASE", value_parser = columns::phase)]
    phases: Vec<v1::Phase>,
    /// Another source that features see as of each row's time: NAME=SOURCE, with entity=ENTITY,delay=TIME,max-age=TIME
    /// after a comma as needed; repeat it
    #[arg(long = "context", value_name = "CONTEXT", value_parser = contexts::context)]
    contexts: Vec<v1::SourceContext>,
    /// What to do with rows of the same entity and time [default: refuse]
    #[arg(long, value_enum, value_name = "RULE")]
    duplicates: Option<DuplicatesArg>,
    /// Name for people
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// Check all, create nothing
    #[arg(long)]
    validate_only: bool,
}

/// What to do with rows of the same entity and time.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum DuplicatesArg {
    Refuse,
    KeepFirst,
    KeepLast,
}

pub(super) async fn run(args: &CreateArgs, context: &Context<'_>) -> Result<(), CliError> {
    let source = source(args, context.project())?;
    let name = SourceName {
        project: project(context),
        source: args.source.clone(),
    };
    let connection = context.connect().await?;
    let created = match args.validate_only {
        true => check(&connection, &name, source).await?,
        false => register(&connection, &name, source).await?,
    };
    super::print(&created, context)?;
    context.output.note(match args.validate_only {
        true => "all is well; nothing was created",
        false => "created",
    });
    Ok(())
}

fn project(context: &Context<'_>) -> ProjectId {
    context.project().clone()
}

/// Registers a source. Repeating after a lost answer is safe.
///
/// # Errors
/// What the service says.
pub(super) async fn register(
    connection: &Connection,
    name: &SourceName,
    source: v1::Source,
) -> Result<v1::Source, CliError> {
    let request = v1::CreateSourceRequest {
        parent: format!("projects/{}", name.project),
        source_id: name.source.to_string(),
        source: Some(source),
        validate_only: false,
        request_id: Uuid::new_v4().to_string(),
    };
    Ok(connection.catalog().create_source(request).await?.into_inner())
}

async fn check(
    connection: &Connection,
    name: &SourceName,
    source: v1::Source,
) -> Result<v1::Source, CliError> {
    let request = v1::CreateSourceRequest {
        parent: format!("projects/{}", name.project),
        source_id: name.source.to_string(),
        source: Some(source),
        validate_only: true,
        request_id: String::new(),
    };
    Ok(connection.catalog().create_source(request).await?.into_inner())
}

/// The file, changed by the options.
fn source(args: &CreateArgs, project: &ProjectId) -> Result<v1::Source, CliError> {
    let mut source: v1::Source = match &args.spec {
        Some(file) => {
            let text =
                fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            from_json(&text, &file.display().to_string())?
        }
        None => v1::Source::default(),
    };
    set(&mut source.schema, args.schema.as_ref());
    set(&mut source.table, args.table.as_ref());
    set(&mut source.entity_column, args.entity_column.as_ref());
    set(&mut source.time_column, args.time_column.as_ref());
    set(&mut source.phase_column, args.phase_column.as_ref());
    set(
        &mut source.recorded_time_column,
        args.recorded_time_column.as_ref(),
    );
    source.single_series |= args.single_series;
    set(&mut source.display_name, args.display_name.as_ref());
    if let Some(bar) = args.bar {
        source.bar_interval = Some(when::duration(bar));
    }
    if !args.columns.is_empty() {
        source.columns.clone_from(&args.columns);
    }
    if !args.phases.is_empty() {
        source.phases.clone_from(&args.phases);
    }
    if !args.contexts.is_empty() {
        source.contexts.clone_from(&args.contexts);
        for context in &mut source.contexts {
            context.source = names::source(&context.source, project)?.to_string();
        }
    }
    if let Some(rule) = args.duplicates {
        source.set_duplicate_rule(match rule {
            DuplicatesArg::Refuse => v1::DuplicateRule::Refuse,
            DuplicatesArg::KeepFirst => v1::DuplicateRule::KeepFirst,
            DuplicatesArg::KeepLast => v1::DuplicateRule::KeepLast,
        });
    }
    Ok(source)
}

fn set(field: &mut String, value: Option<&String>) {
    if let Some(value) = value {
        field.clone_from(value);
    }
}
