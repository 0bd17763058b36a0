//! `mlts import`: CSV files become a table, and the table becomes a source.

mod bars;
mod header;
mod lines;
mod row;
mod scan;
mod table;

use super::sources::{check_free, ensure, rows_of};
use crate::context::Context;
use crate::errors::CliError;
use crate::load::{DatabaseArgs, Fill, IfExists, Loader};
use crate::names;
use crate::output::{Format, count, counted};
use crate::when;
use clap::{Args, ValueEnum};
use header::Layout;
use mltraining_domain::name::SourceName;
use mltraining_domain::{SourceId, Span};
use scan::Scan;
use serde_json::json;
use std::path::PathBuf;
use table::Shape;

/// Options of `mlts import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The files; all with the same columns
    #[arg(required = true, value_name = "FILE.csv")]
    files: Vec<PathBuf>,
    /// Name of the source
    #[arg(long, value_name = "SOURCE")]
    source: SourceId,
    /// Name of the table [default: as the source]
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// SQL schema of the table
    #[arg(long, value_name = "SCHEMA", default_value = "public")]
    schema: String,
    /// Column that says whose row it is
    #[arg(long, value_name = "COLUMN", default_value = "entity")]
    entity_column: String,
    /// Take the name of the file, without its ending, as entity
    #[arg(long)]
    entity_from_file: bool,
    /// Column with the time: RFC 3339, 2026-01-31 12:30 (UTC), or seconds, ms or us since 1970
    #[arg(long, value_name = "COLUMN", default_value = "timestamp")]
    time_column: String,
    /// Whether the time is the end of the bar, when its values are known, or its start; starts are moved by --bar
    #[arg(long, value_enum, value_name = "WHICH", default_value = "end")]
    time_is: TimeIs,
    /// Usual distance of two bars: 5m [default: the most frequent distance]
    #[arg(long, value_name = "TIME")]
    bar: Option<Span>,
    /// Columns to leave out
    #[arg(long, value_name = "COLUMN,..", value_delimiter = ',')]
    skip: Vec<String>,
    /// What to do with a table that is there already
    #[arg(long, value_enum, default_value = "refuse", value_name = "WHAT")]
    if_exists: IfExists,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What the time of a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TimeIs {
    /// When the bar was complete.
    End,
    /// When it began.
    Start,
}

pub(crate) async fn run(args: &ImportArgs, context: &Context<'_>) -> Result<(), CliError> {
    let layout = Layout::of(&args.files, &args.wishes())?;
    let scan = Scan::read(&args.files, &layout)?;
    let bar = match args.bar {
        Some(bar) => bar,
        None => bars::usual(&scan)?,
    };
    let shape = args.shape(&layout, bar);
    for (from, to) in layout.renamed() {
        context.output.note(format!("column `{from}` is called {to}"));
    }
    let name = SourceName {
        project: context.project().clone(),
        source: args.source.clone(),
    };
    let connection = context.connect().await?;
    check_free(&connection, &name, &shape.source()).await?;
    let loader = Loader::open(&args.database).await?;
    let table = shape.definition();
    let fill = loader.make(&table, args.if_exists).await?;
    if fill == Fill::No {
        let source = ensure(&connection, &name, shape.source()).await?;
        let kept = rows_of(&connection, &source).await?;
        if kept > 0 {
            return keep(kept, &shape, context);
        }
    }
    let rows = lines::fill(&args.files, &layout, &shape, &loader).await?;
    ensure(&connection, &name, shape.source()).await?;
    tell(&scan, &shape, &name, rows, context)
}

fn keep(rows: i64, shape: &Shape, context: &Context<'_>) -> Result<(), CliError> {
    let text = format!(
        "{} is there already with {} rows and stays as it is",
        shape.table,
        count(rows)
    );
    match context.output.format() {
        Format::Json => context
            .output
            .line(json!({ "table": shape.table, "rows": rows, "kept": true }).to_string()),
        Format::Human => context.output.line(text),
    }
}

fn tell(
    scan: &Scan,
    shape: &Shape,
    name: &SourceName,
    rows: u64,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let (first, last) = scan.span();
    let (first, last) = (first + shape.shift.micros(), last + shape.shift.micros());
    let entities = scan.entities();
    let output = &context.output;
    if output.format() == Format::Json {
        let whole = json!({ "source": name.to_string(), "rows": rows, "entities": entities, "bar_interval": shape.bar.to_string() });
        return output.line(whole.to_string());
    }
    let (first, last) = (
        when::show(Some(&when::timestamp(first))),
        when::show(Some(&when::timestamp(last))),
    );
    output.line(format!(
        "{} of {} in {}, {first} to {last}, a bar every {}",
        counted(rows as i64, "row", "rows"),
        counted(entities as i64, "entity", "entities"),
        shape.table,
        shape.bar
    ))?;
    let id = names::last(&name.to_string()).to_owned();
    output.note(format!(
        "to go on: mlts labels preview --source {id} --change 2% --horizon {}",
        horizon(shape.bar)
    ));
    Ok(())
}

/// A horizon of six bars, for the example.
fn horizon(bar: Span) -> Span {
    Span::from_micros(bar.micros().saturating_mul(6)).unwrap_or(bar)
}

impl ImportArgs {
    fn wishes(&self) -> header::Wishes<'_> {
        header::Wishes {
            entity: (!self.entity_from_file).then_some(self.entity_column.as_str()),
            time: &self.time_column,
            skip: &self.skip,
        }
    }

    fn shape(&self, layout: &Layout, bar: Span) -> Shape {
        Shape {
            schema: self.schema.clone(),
            table: self.table.clone().unwrap_or_else(|| self.source.to_string()),
            values: layout.values().map(str::to_owned).collect(),
            bar,
            shift: match self.time_is {
                TimeIs::End => Span::ZERO,
                TimeIs::Start => bar,
            },
        }
    }
}
