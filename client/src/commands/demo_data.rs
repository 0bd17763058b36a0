//! `mlts demo-data`: a database of coins to try the service on.

use super::sources::{check_free, ensure, rows_of};
use crate::context::Context;
use crate::demo::{self, Coin, Market, Plan, Stamps};
use crate::errors::CliError;
use crate::load::{DatabaseArgs, Fill, IfExists, Loader};
use crate::names;
use crate::output::{Format, count};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mltraining_domain::SourceId;
use mltraining_domain::name::SourceName;
use mltraining_store::load::TableDefinition;
use serde_json::json;

const HOUR: f64 = 3_600_000_000.0;
const TEMPLATE: &str = "{elapsed_precise} {bar:30.cyan/blue} {pos}/{len} coins";

/// Options of `mlts demo-data`.
#[derive(Debug, Args)]
pub(crate) struct DemoDataArgs {
    /// Name of the source
    #[arg(long, value_name = "SOURCE", default_value = "coin_metrics")]
    source: SourceId,
    /// Coins that live long; 20 short-lived ones come on top
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    coins: u32,
    /// Most rows of a coin
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(30..=1_000_000))]
    rows: u32,
    /// Hours over which launches are spread
    #[arg(long, value_name = "HOURS", default_value_t = 84.0, value_parser = hours)]
    span_hours: f64,
    /// Seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 20_251_220)]
    seed: u64,
    /// All rows of one flush share a time, as the real writer has it
    #[arg(long)]
    batch_timestamps: bool,
    /// What to do with tables that are there already
    #[arg(long, value_enum, default_value = "refuse", value_name = "WHAT")]
    if_exists: IfExists,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: &DemoDataArgs, context: &Context<'_>) -> Result<(), CliError> {
    let name = SourceName {
        project: context.project().clone(),
        source: args.source.clone(),
    };
    let rates = SourceName {
        project: context.project().clone(),
        source: demo::RATES.parse().expect("the name of the rates is a slug"),
    };
    let wanted = demo::source(&rates);
    let connection = context.connect().await?;
    check_free(&connection, &name, &wanted).await?;
    check_free(&connection, &rates, &demo::rates_source()).await?;
    let loader = Loader::open(&args.database).await?;
    let plan = args.plan();
    fill(
        &demo::ref_coin_phases(),
        demo::phase_lines(),
        IfExists::Keep,
        &loader,
    )
    .await?;
    fill(
        &demo::exchange_rates(),
        demo::rate_lines(&plan),
        IfExists::Keep,
        &loader,
    )
    .await?;
    ensure(&connection, &rates, demo::rates_source()).await?;
    let metrics = demo::coin_metrics();
    if loader.make(&metrics, args.if_exists).await? == Fill::No {
        let source = ensure(&connection, &name, wanted.clone()).await?;
        let rows = rows_of(&connection, &source).await?;
        if rows > 0 {
            return keep(rows, context);
        }
    }
    let (rows, streams) = load(&plan, &metrics, &loader, context).await?;
    let coins = streams.len();
    fill(&demo::coin_streams(), streams, IfExists::Append, &loader).await?;
    let source = ensure(&connection, &name, wanted).await?;
    match context.output.format() {
        Format::Json => context.output.line(
            json!({ "source": source.name, "rows": rows, "coins": coins, "seed": args.seed }).to_string(),
        ),
        Format::Human => context.output.line(format!(
            "{} rows of {} coins in coin_metrics, source {} (seed {})",
            count(rows as i64),
            count(coins as i64),
            names::last(&source.name),
            args.seed
        )),
    }
}

fn keep(rows: i64, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context
            .output
            .line(json!({ "table": "coin_metrics", "rows": rows, "kept": true }).to_string()),
        Format::Human => context.output.line(format!(
            "coin_metrics is there already with {} rows and stays as it is",
            count(rows)
        )),
    }
}

fn hours(text: &str) -> Result<f64, String> {
    let hours: Option<f64> = text
        .parse()
        .ok()
        .filter(|hours| (0.0..=100_000.0).contains(hours));
    hours.ok_or_else(|| "expected hours from 0 to 100000".to_owned())
}

impl DemoDataArgs {
    fn plan(&self) -> Plan {
        Plan {
            coins: self.coins as usize,
            rows: self.rows as usize,
            span: (self.span_hours * HOUR) as i64,
            seed: self.seed,
            stamps: if self.batch_timestamps {
                Stamps::Batch
            } else {
                Stamps::Unique
            },
        }
    }
}

/// Fills `coin_metrics`. Returns its rows, and the lines of `coin_streams`.
async fn load(
    plan: &Plan,
    metrics: &TableDefinition,
    loader: &Loader,
    context: &Context<'_>,
) -> Result<(u64, Vec<String>), CliError> {
    let market = Market::new(*plan);
    let bar = bar(market.coins(), context);
    let mut streams = Vec::new();
    let lines = market.flat_map(|coin: Coin| {
        streams.extend(demo::stream_line(streams.len() + 1, &coin, plan.stamps));
        bar.inc(1);
        demo::metric_lines(&coin, plan.stamps)
    });
    let rows = loader.fill(metrics, lines).await?;
    bar.finish_and_clear();
    Ok((rows, streams))
}

async fn fill(
    table: &TableDefinition,
    lines: Vec<String>,
    if_exists: IfExists,
    loader: &Loader,
) -> Result<(), CliError> {
    match loader.make(table, if_exists).await? {
        Fill::Yes => loader.fill(table, lines).await.map(|_| ()),
        Fill::No => Ok(()),
    }
}

fn bar(coins: usize, context: &Context<'_>) -> ProgressBar {
    if !context.output.is_live() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(coins as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template(TEMPLATE).expect("the template is right"));
    bar
}
